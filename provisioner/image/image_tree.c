/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names (nodes) hang in their folder's list, in order of arrival, and in one table
 * keyed by folder and name (image_names.c).
 *
 * Every node remembers the last layer that touched it or anything below it, so a
 * whiteout knows what came from lower layers in whatever order its layer says
 * things. Work is bounded: a folder is emptied of lower layers once a layer, a path
 * has a maximum length also after links were followed (so the tree's depth has one),
 * and entries are counted.
 */
#include "provisioner/image/image_tree.h"

#include <string.h>

#include "core/arena.h"
#include "provisioner/image/image_path.h"
#include "provisioner/image/image_tree_private.h"

#define NO_LAYER UINT32_MAX

struct image_tree {
	struct arena *arena;
	struct image_node *root;
	struct image_names names;
	uint32_t layer;	  /* NO_LAYER before the first */
	uint32_t ordinal; /* of the next entry in the layer */
	uint32_t entries; /* in all layers */
	int64_t bytes;
	uint32_t latest;
	struct image_inode *first_file, **last_file;
	struct image_inode *brought; /* the file of the last entry, or NULL */
};

static int no_memory(struct err *err)
{
	return err_set(err, ERR_LIMIT, "image has more names than %u bytes of memory hold",
		       IMAGE_TREE_MEMORY_MAX);
}

static struct image_inode *new_inode(struct image_tree *tree, enum image_entry_type type)
{
	struct image_inode *inode = arena_alloc(tree->arena, sizeof(*inode));

	if (!inode)
		return NULL;
	inode->entry.type = type;
	inode->entry.mode = 0755;
	inode->layer = tree->layer;
	inode->ordinal = tree->ordinal;
	return inode;
}

/* A new name in @parent, which has none such, for @inode. */
static int add_node(struct image_tree *tree, struct image_node *parent, const char *name,
		    size_t len, struct image_inode *inode, struct image_node **ret_node,
		    struct err *err)
{
	size_t path_len = parent->path_len + (parent->parent ? 1u : 0u) + len;
	struct image_node *node;

	if (path_len >= IMAGE_PATH_MAX)
		return err_set(err, ERR_LIMIT, "a path is longer than %d bytes",
			       IMAGE_PATH_MAX - 1);
	node = arena_alloc(tree->arena, sizeof(*node) + len);
	if (!node)
		return no_memory(err);
	node->parent = parent;
	node->inode = inode;
	node->touched = tree->layer;
	node->emptied = NO_LAYER;
	node->path_len = (uint16_t)path_len;
	node->name_len = (uint8_t)len;
	memcpy(node->name, name, len);
	if (image_names_add(&tree->names, node, err) < 0)
		return -1;
	node->before = parent->last;
	*(parent->last ? &parent->last->after : &parent->first) = node;
	parent->last = node;
	inode->names++;
	*ret_node = node;
	return 0;
}

static bool is_folder(const struct image_node *node)
{
	return node->inode->entry.type == IMAGE_ENTRY_FOLDER;
}

/* Take @node and what is below out of the tree. The depth is bounded by IMAGE_PATH_MAX. */
static void remove_node(struct image_tree *tree, struct image_node *node)
{
	struct image_node *parent = node->parent;

	while (node->first)
		remove_node(tree, node->first);
	image_names_remove(&tree->names, node);
	*(node->before ? &node->before->after : &parent->first) = node->after;
	*(node->after ? &node->after->before : &parent->last) = node->before;
	node->inode->names--;
}

/* Everything up to the root has something of this layer below it. */
static void touch(struct image_tree *tree, struct image_node *node)
{
	for (; node && node->touched != tree->layer; node = node->parent)
		node->touched = tree->layer;
}

static int hide_lower(struct image_tree *tree, struct image_node *node, struct err *err);

/* Take away what lower layers brought into @folder. */
static int empty_folder(struct image_tree *tree, struct image_node *folder, struct err *err)
{
	struct image_node *node = folder->first;

	if (folder->emptied == tree->layer)
		return 0;
	folder->emptied = tree->layer;
	while (node) {
		struct image_node *after = node->after;

		if (hide_lower(tree, node, err) < 0)
			return -1;
		node = after;
	}
	return 0;
}

/* Take away @node as far as lower layers brought it. */
static int hide_lower(struct image_tree *tree, struct image_node *node, struct err *err)
{
	if (node->touched != tree->layer) {
		remove_node(tree, node);
		return 0;
	}
	if (!is_folder(node))
		return 0;
	/* The folder stays for what this layer put in, but not as the lower one was. */
	if (node->inode->layer != tree->layer) {
		struct image_inode *inode = new_inode(tree, IMAGE_ENTRY_FOLDER);

		if (!inode)
			return no_memory(err);
		inode->names = 1;
		node->inode->names--;
		node->inode = inode;
	}
	return empty_folder(tree, node, err);
}

/* Step into folder @name of @at, which is made if it is missing. */
static int enter_folder(struct image_tree *tree, struct image_node *at, const char *name,
			size_t len, struct image_node **ret_node, struct err *err)
{
	struct image_node *node = image_names_find(&tree->names, at, name, len);
	struct image_inode *inode;

	if (node && is_folder(node)) {
		*ret_node = node;
		return 0;
	}
	/* Something else of a lower layer gives way, as it does to a folder that is named. */
	if (node && node->touched == tree->layer)
		return err_set(err, ERR_INVALID, "a path leads through a file");
	if (node)
		remove_node(tree, node);
	inode = new_inode(tree, IMAGE_ENTRY_FOLDER);
	if (!inode)
		return no_memory(err);
	touch(tree, at);
	return add_node(tree, at, name, len, inode, ret_node, err);
}

/*
 * The folder that the folder part of @path leads to, links followed. Missing folders are
 * made if @make, else *ret_folder is NULL.
 */
static int resolve_folder(struct image_tree *tree, const char *path, size_t len, bool make,
			  struct image_node **ret_folder, struct err *err)
{
	struct image_walk walk;
	struct image_node *at = tree->root;
	const char *part;
	size_t part_len;

	image_walk_init(&walk, path, len);
	while (image_walk_next(&walk, &part, &part_len)) {
		struct image_node *node = NULL;

		if (part_len == 2 && memcmp(part, "..", 2) == 0) {
			at = at->parent ? at->parent : at; /* the image's root is its own parent */
			continue;
		}
		if (part_len > IMAGE_NAME_PART_MAX)
			return err_set(err, ERR_LIMIT, "a name is longer than %d bytes",
				       IMAGE_NAME_PART_MAX);
		node = image_names_find(&tree->names, at, part, part_len);
		if (node && node->inode->entry.type == IMAGE_ENTRY_SYMLINK) {
			if (node->inode->entry.link[0] == '/')
				at = tree->root;
			if (image_walk_follow(&walk, node->inode->entry.link, err) < 0)
				return -1;
			continue;
		}
		if (!make && (!node || !is_folder(node))) {
			*ret_folder = NULL;
			return 0;
		}
		if (make && enter_folder(tree, at, part, part_len, &node, err) < 0)
			return -1;
		at = node;
	}
	*ret_folder = at;
	return 0;
}

static int copy_texts(struct image_tree *tree, const struct image_entry *entry,
		      struct image_inode *inode, struct err *err)
{
	struct image_xattr *xattrs = NULL;

	if (entry->type == IMAGE_ENTRY_SYMLINK) {
		inode->entry.link = arena_strdup(tree->arena, entry->link);
		if (!inode->entry.link)
			return no_memory(err);
	}
	inode->entry.xattrs = NULL;
	if (entry->xattr_count == 0)
		return 0;
	xattrs = arena_alloc(tree->arena, entry->xattr_count * sizeof(*xattrs));
	if (!xattrs)
		return no_memory(err);
	for (size_t i = 0; i < entry->xattr_count; i++) {
		xattrs[i].name = arena_strdup(tree->arena, entry->xattrs[i].name);
		xattrs[i].value = arena_strndup(tree->arena, entry->xattrs[i].value,
						entry->xattrs[i].value_len);
		xattrs[i].value_len = entry->xattrs[i].value_len;
		if (!xattrs[i].name || !xattrs[i].value)
			return no_memory(err);
	}
	inode->entry.xattrs = xattrs;
	return 0;
}

static int make_inode(struct image_tree *tree, const struct image_entry *entry,
		      struct image_inode **ret_inode, struct err *err)
{
	struct image_inode *inode = new_inode(tree, entry->type);

	if (!inode)
		return no_memory(err);
	inode->entry = *entry;
	inode->entry.path = NULL;
	inode->entry.link = NULL;
	if (entry->mtime_seconds > tree->latest)
		tree->latest = entry->mtime_seconds;
	if (entry->type == IMAGE_ENTRY_SYMLINK && strlen(entry->link) > IMAGE_LINK_MAX)
		return err_set(err, ERR_LIMIT, "a symbolic link's target is longer than %d bytes",
			       IMAGE_LINK_MAX);
	if (copy_texts(tree, entry, inode, err) < 0)
		return -1;
	if (entry->type == IMAGE_ENTRY_FILE) {
		if (__builtin_add_overflow(tree->bytes, entry->size_bytes, &tree->bytes))
			return err_set(err, ERR_LIMIT, "sizes of files overflow");
		tree->brought = inode;
		*tree->last_file = inode;
		tree->last_file = &inode->next;
	}
	*ret_inode = inode;
	return 0;
}

/* Let name @name in @folder lead to @inode, whatever it led to before. */
static int place(struct image_tree *tree, struct image_node *folder, const char *name, size_t len,
		 struct image_inode *inode, struct err *err)
{
	struct image_node *node = image_names_find(&tree->names, folder, name, len);

	touch(tree, folder);
	if (node && is_folder(node) && inode->entry.type == IMAGE_ENTRY_FOLDER) {
		node->inode->names--;
		node->inode = inode;
		inode->names++;
		node->touched = tree->layer;
		return 0;
	}
	/* One more name for the same thing, which has it already. */
	if (node && node->inode == inode) {
		node->touched = tree->layer;
		return 0;
	}
	if (node)
		remove_node(tree, node);
	return add_node(tree, folder, name, len, inode, &node, err);
}

static int find_link_target(struct image_tree *tree, const char *link,
			    struct image_inode **ret_inode, struct err *err)
{
	char clean[IMAGE_PATH_MAX];
	struct image_node *folder;
	struct image_node *node = NULL;
	const char *name;

	if (image_path_clean(link, clean, err) < 0)
		return err_wrap(err, "hard link's target");
	name = image_path_name(clean);
	if (resolve_folder(tree, clean, (size_t)(name - clean), false, &folder, err) < 0)
		return -1;
	if (folder && name[0])
		node = image_names_find(&tree->names, folder, name, strlen(name));
	if (!node)
		return err_set(err, ERR_INVALID, "a hard link leads to nothing");
	if (is_folder(node))
		return err_set(err, ERR_INVALID, "a hard link leads to a folder");
	*ret_inode = node->inode;
	return 0;
}

/* Apply the mark @name (".wh.something") in the folder that @path begins with. */
static int apply_whiteout(struct image_tree *tree, const char *path, const char *name, bool opaque,
			  struct err *err)
{
	const char *hidden = name + strlen(IMAGE_WHITEOUT);
	struct image_node *folder;
	struct image_node *node;

	/* An opaque folder exists, though perhaps empty; a whiteout alone makes none. */
	if (resolve_folder(tree, path, (size_t)(name - path), opaque, &folder, err) < 0)
		return -1;
	if (!folder)
		return 0;
	if (opaque) {
		touch(tree, folder);
		return empty_folder(tree, folder, err);
	}
	node = image_names_find(&tree->names, folder, hidden, strlen(hidden));
	return node ? hide_lower(tree, node, err) : 0;
}

static int set_root(struct image_tree *tree, const struct image_entry *entry, struct err *err)
{
	struct image_inode *inode;

	if (entry->type != IMAGE_ENTRY_FOLDER)
		return err_set(err, ERR_INVALID, "the root must be a folder");
	if (make_inode(tree, entry, &inode, err) < 0)
		return -1;
	inode->names = 1;
	tree->root->inode = inode;
	tree->root->touched = tree->layer;
	return 0;
}

static int apply_plain(struct image_tree *tree, const struct image_entry *entry, const char *path,
		       struct err *err)
{
	const char *name = image_path_name(path);
	struct image_node *folder;
	struct image_inode *inode;

	if (strlen(name) > IMAGE_NAME_PART_MAX)
		return err_set(err, ERR_LIMIT, "a name is longer than %d bytes",
			       IMAGE_NAME_PART_MAX);
	/* The target first: making folders could replace what it is. */
	if (entry->type == IMAGE_ENTRY_HARDLINK
		    ? find_link_target(tree, entry->link, &inode, err) < 0
		    : make_inode(tree, entry, &inode, err) < 0)
		return -1;
	if (resolve_folder(tree, path, (size_t)(name - path), true, &folder, err) < 0)
		return -1;
	return place(tree, folder, name, strlen(name), inode, err);
}

static int apply(struct image_tree *tree, const struct image_entry *entry, struct err *err)
{
	char path[IMAGE_PATH_MAX];

	if (image_path_clean(entry->path, path, err) < 0)
		return -1;
	switch (image_path_kind(path)) {
	case IMAGE_PATH_AUFS:
		return 0;
	case IMAGE_PATH_WHITEOUT:
		return apply_whiteout(tree, path, image_path_name(path), false, err);
	case IMAGE_PATH_OPAQUE:
		return apply_whiteout(tree, path, image_path_name(path), true, err);
	case IMAGE_PATH_PLAIN:
		return path[0] ? apply_plain(tree, entry, path, err) : set_root(tree, entry, err);
	case IMAGE_PATH_INVALID:
		break;
	}
	return err_set(err, ERR_INVALID, "a whiteout names nothing or is used as a folder");
}

int image_tree_add(struct image_tree *tree, const struct image_entry *entry, struct err *err)
{
	int result;

	if (tree->entries == IMAGE_ENTRIES_MAX)
		return err_set(err, ERR_LIMIT, "image has more than %d entries", IMAGE_ENTRIES_MAX);
	tree->entries++;
	tree->brought = NULL;
	result = apply(tree, entry, err);
	tree->ordinal++;
	return result;
}

struct image_tree *image_tree_new(void)
{
	struct image_tree *tree = xcalloc(1, sizeof(*tree));

	tree->arena = arena_new(IMAGE_TREE_MEMORY_MAX);
	image_names_init(&tree->names);
	tree->layer = NO_LAYER;
	tree->last_file = &tree->first_file;
	tree->root = xcalloc(1, sizeof(*tree->root));
	tree->root->emptied = NO_LAYER;
	tree->root->touched = NO_LAYER;
	tree->root->inode = new_inode(tree, IMAGE_ENTRY_FOLDER);
	if (!tree->root->inode)
		abort(); /* the first hundred bytes of the arena */
	return tree;
}

void image_tree_free(struct image_tree *tree)
{
	if (!tree)
		return;
	free(tree->root);
	image_names_done(&tree->names);
	arena_free(tree->arena);
	free(tree);
}

void image_tree_freep(struct image_tree **tree)
{
	image_tree_free(*tree);
	*tree = NULL;
}

void image_tree_next_layer(struct image_tree *tree)
{
	tree->layer++; /* from NO_LAYER to 0 */
	tree->ordinal = 0;
}

struct image_node *image_node_after(struct image_node *node)
{
	if (node->first)
		return node->first;
	while (node && !node->after)
		node = node->parent;
	return node ? node->after : NULL;
}

void image_tree_settle(struct image_tree *tree)
{
	for (struct image_node *node = tree->root; node; node = image_node_after(node)) {
		if (!node->inode->node)
			node->inode->node = node;
	}
}

const char *image_tree_path(const struct image_node *node, char ret[IMAGE_PATH_MAX])
{
	size_t at = node->path_len;

	ret[at] = '\0';
	for (; node->parent; node = node->parent) {
		at -= node->name_len;
		memcpy(ret + at, node->name, node->name_len);
		if (node->parent->parent)
			ret[--at] = '/';
	}
	return ret;
}

int image_tree_walk(const struct image_tree *tree, image_tree_fn *fn, void *ctx, struct err *err)
{
	struct image_node *node = image_node_after(tree->root);
	char path[IMAGE_PATH_MAX];

	for (; node; node = image_node_after(node)) {
		if (fn(ctx, image_tree_path(node, path), node->inode, node->inode->node == node,
		       err) < 0)
			return -1;
	}
	return 0;
}

struct image_node *image_tree_top(struct image_tree *tree)
{
	return tree->root;
}

const struct image_inode *image_tree_root(const struct image_tree *tree)
{
	return tree->root->inode;
}

const struct image_inode *image_tree_files(const struct image_tree *tree)
{
	return tree->first_file;
}

struct image_inode *image_tree_last_file(const struct image_tree *tree)
{
	return tree->brought;
}

int64_t image_tree_bytes(const struct image_tree *tree)
{
	return tree->bytes;
}

uint32_t image_tree_latest(const struct image_tree *tree)
{
	return tree->latest;
}
