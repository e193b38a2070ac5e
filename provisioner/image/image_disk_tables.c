/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inodes are numbered from the root down, since a folder says its parent's number; their
 * records are written from the leaves up, since a folder's list says where the records of
 * its members lie. The members of a folder are sorted by their bytes, as the kernel looks
 * for them.
 *
 * A record is short where everything fits into it and long where it does not (other
 * names, extended attributes, sizes): that is the disk's format.
 */
#include <assert.h>
#include <string.h>

#include "core/arena.h"
#include "provisioner/image/image_disk_private.h"
#include "provisioner/image/image_tree_private.h"

/* A table of 2 million inodes has some 100 MB; lists of places are as long again. */
#define TABLE_MAX      (1024u * 1024 * 1024)
#define IDS_MAX	       65535 /* the superblock counts them in 16 bits */
#define ID_SLOTS       (1u << 17)
#define NO_XATTRS      UINT32_MAX
#define RUN_MAX	       256 /* members behind one head of a folder's list */
#define LIST_SLACK     3   /* a folder's size counts "." and ".." so */
#define SHORT_LIST_MAX (UINT16_MAX - LIST_SLACK)
#define LONG_TYPE      7 /* added to a short record's type */

enum record_type {
	RECORD_FOLDER = 1,
	RECORD_FILE,
	RECORD_SYMLINK,
	RECORD_BLOCK,
	RECORD_CHARACTER,
	RECORD_FIFO,
};

static const enum record_type record_types[] = {
	[IMAGE_ENTRY_FILE] = RECORD_FILE,	    [IMAGE_ENTRY_FOLDER] = RECORD_FOLDER,
	[IMAGE_ENTRY_SYMLINK] = RECORD_SYMLINK,	    [IMAGE_ENTRY_HARDLINK] = 0,
	[IMAGE_ENTRY_CHARACTER] = RECORD_CHARACTER, [IMAGE_ENTRY_BLOCK] = RECORD_BLOCK,
	[IMAGE_ENTRY_FIFO] = RECORD_FIFO,
};

/* Users and groups are written as their place in a table. */
struct id_slot {
	uint32_t id;
	uint32_t index; /* and 1; 0: the slot is free */
};

/* A folder's list. */
struct list {
	uint64_t place;
	uint32_t bytes;
	uint32_t folders; /* members that are folders */
};

struct filling {
	struct image_tables *tables;
	struct id_slot *ids;
	struct image_node **members; /* of one folder, sorted */
	size_t member_room;
};

void image_tables_init(struct image_tables *tables)
{
	*tables = (struct image_tables){.inode_count = 0};
	image_meta_init(&tables->inodes, TABLE_MAX);
	image_meta_init(&tables->folders, TABLE_MAX);
	image_meta_init(&tables->ids, TABLE_MAX);
	image_meta_init(&tables->exports, TABLE_MAX);
	image_meta_init(&tables->xattrs, TABLE_MAX);
	image_meta_init(&tables->xattr_ids, TABLE_MAX);
}

void image_tables_done(struct image_tables *tables)
{
	image_meta_done(&tables->inodes);
	image_meta_done(&tables->folders);
	image_meta_done(&tables->ids);
	image_meta_done(&tables->exports);
	image_meta_done(&tables->xattrs);
	image_meta_done(&tables->xattr_ids);
}

/* --- ids and extended attributes --- */

static int add_id(struct filling *filling, uint32_t id, uint32_t *ret_index, struct err *err)
{
	struct image_record_bytes record = {.len = 0};
	uint32_t at = (id * 2654435769u) % ID_SLOTS; /* spreads neighbours */

	while (filling->ids[at].index != 0 && filling->ids[at].id != id)
		at = (at + 1) % ID_SLOTS;
	if (filling->ids[at].index == 0) {
		if (filling->tables->id_count == IDS_MAX)
			return err_set(err, ERR_LIMIT, "image has more than %d users and groups",
				       IDS_MAX);
		filling->ids[at] = (struct id_slot){id, ++filling->tables->id_count};
		image_put32(&record, id);
		if (image_meta_add(&filling->tables->ids, record.bytes, record.len, err) < 0)
			return -1;
	}
	*ret_index = filling->ids[at].index - 1;
	return 0;
}

/* "user.x" -> 0 and "x"; the order is that of the disk's format. */
static uint32_t xattr_space(const char *name, const char **ret_rest)
{
	static const char *const spaces[] = {"user.", "trusted.", "security."};

	for (uint32_t i = 0; i < ARRAY_LEN(spaces); i++) {
		if (strncmp(name, spaces[i], strlen(spaces[i])) == 0) {
			*ret_rest = name + strlen(spaces[i]);
			return i;
		}
	}
	abort(); /* image_layer.c lets no other through */
}

static int add_xattr(struct image_meta *meta, const struct image_xattr *xattr, uint32_t *size,
		     struct err *err)
{
	struct image_record_bytes head = {.len = 0};
	struct image_record_bytes middle = {.len = 0};
	const char *name;

	image_put16(&head, xattr_space(xattr->name, &name));
	image_put16(&head, (uint32_t)strlen(name));
	image_put32(&middle, (uint32_t)xattr->value_len);
	*size += (uint32_t)(head.len + strlen(name) + middle.len + xattr->value_len);
	if (image_meta_add(meta, head.bytes, head.len, err) < 0 ||
	    image_meta_add(meta, name, strlen(name), err) < 0 ||
	    image_meta_add(meta, middle.bytes, middle.len, err) < 0)
		return -1;
	return image_meta_add(meta, xattr->value, xattr->value_len, err);
}

static int add_xattrs(struct image_tables *tables, const struct image_entry *entry,
		      uint32_t *ret_index, struct err *err)
{
	struct image_record_bytes record = {.len = 0};
	uint64_t place = image_meta_place(&tables->xattrs);
	uint32_t size = 0;

	*ret_index = NO_XATTRS;
	if (entry->xattr_count == 0)
		return 0;
	for (size_t i = 0; i < entry->xattr_count; i++) {
		if (add_xattr(&tables->xattrs, &entry->xattrs[i], &size, err) < 0)
			return -1;
	}
	*ret_index = tables->xattr_count++;
	image_put64(&record, place);
	image_put32(&record, (uint32_t)entry->xattr_count);
	image_put32(&record, size);
	return image_meta_add(&tables->xattr_ids, record.bytes, record.len, err);
}

/* --- records --- */

/* What all records begin with. */
static int put_head(struct filling *filling, const struct image_inode *inode, bool is_long,
		    struct image_record_bytes *record, struct err *err)
{
	const struct image_entry *entry = &inode->entry;
	uint32_t uid;
	uint32_t gid;

	if (add_id(filling, entry->uid, &uid, err) < 0 ||
	    add_id(filling, entry->gid, &gid, err) < 0)
		return -1;
	image_put16(record, (uint32_t)record_types[entry->type] + (is_long ? LONG_TYPE : 0));
	image_put16(record, entry->mode);
	image_put16(record, uid);
	image_put16(record, gid);
	image_put32(record, entry->mtime_seconds);
	image_put32(record, inode->number);
	return 0;
}

static void put_folder(const struct list *list, uint32_t parent, uint32_t xattrs, bool is_long,
		       struct image_record_bytes *record)
{
	uint32_t links = list->folders + 2;

	if (!is_long) {
		image_put32(record, (uint32_t)(list->place >> 16));
		image_put32(record, links);
		image_put16(record, list->bytes + LIST_SLACK);
		image_put16(record, (uint32_t)(list->place & 0xffff));
		image_put32(record, parent);
		return;
	}
	image_put32(record, links);
	image_put32(record, list->bytes + LIST_SLACK);
	image_put32(record, (uint32_t)(list->place >> 16));
	image_put32(record, parent);
	image_put16(record, 0); /* no index: the list is read from its front */
	image_put16(record, (uint32_t)(list->place & 0xffff));
	image_put32(record, xattrs);
}

static int write_folder(struct filling *filling, struct image_node *node, const struct list *list,
			struct err *err)
{
	struct image_inode *inode = node->inode;
	struct image_meta *inodes = &filling->tables->inodes;
	struct image_record_bytes record = {.len = 0};
	/* Above the root is a number that nobody has. */
	uint32_t parent =
		node->parent ? node->parent->inode->number : filling->tables->inode_count + 1;
	uint32_t xattrs;
	bool is_long;

	if (add_xattrs(filling->tables, &inode->entry, &xattrs, err) < 0)
		return -1;
	is_long = xattrs != NO_XATTRS || list->bytes > SHORT_LIST_MAX;
	if (put_head(filling, inode, is_long, &record, err) < 0)
		return -1;
	put_folder(list, parent, xattrs, is_long, &record);
	inode->place = image_meta_place(inodes);
	return image_meta_add(inodes, record.bytes, record.len, err);
}

static void put_file(const struct image_inode *inode, uint32_t xattrs, bool is_long,
		     struct image_record_bytes *record)
{
	static const struct image_content empty = {.fragment = NO_FRAGMENT};
	const struct image_content *content = inode->content ? inode->content : &empty;
	int64_t size_bytes = inode->entry.size_bytes;
	int64_t zero_bytes = content->zero_bytes;

	if (!is_long) {
		image_put32(record, (uint32_t)content->start);
		image_put32(record, content->fragment);
		image_put32(record, content->offset);
		image_put32(record, (uint32_t)size_bytes);
		return;
	}
	/* A file that takes no room at all is not foreseen. */
	if (zero_bytes > 0 && zero_bytes == size_bytes)
		zero_bytes--;
	image_put64(record, content->start);
	image_put64(record, (uint64_t)size_bytes);
	image_put64(record, (uint64_t)zero_bytes);
	image_put32(record, inode->names);
	image_put32(record, content->fragment);
	image_put32(record, content->offset);
	image_put32(record, xattrs);
}

static int write_file(struct filling *filling, struct image_inode *inode, struct err *err)
{
	const struct image_content *content = inode->content;
	struct image_meta *inodes = &filling->tables->inodes;
	struct image_record_bytes record = {.len = 0};
	uint32_t xattrs;
	bool is_long;

	if (add_xattrs(filling->tables, &inode->entry, &xattrs, err) < 0)
		return -1;
	is_long = xattrs != NO_XATTRS || inode->names > 1 || inode->entry.size_bytes > UINT32_MAX ||
		  (content && (content->start > UINT32_MAX || content->zero_bytes > 0));
	if (put_head(filling, inode, is_long, &record, err) < 0)
		return -1;
	put_file(inode, xattrs, is_long, &record);
	inode->place = image_meta_place(inodes);
	if (image_meta_add(inodes, record.bytes, record.len, err) < 0)
		return -1;
	for (uint32_t i = 0; content && i < content->block_count; i++) {
		record.len = 0;
		image_put32(&record, content->sizes[i]);
		if (image_meta_add(inodes, record.bytes, record.len, err) < 0)
			return -1;
	}
	return 0;
}

/* A device's numbers in one, as the kernel unpacks them. */
static uint32_t device_number(const struct image_entry *entry)
{
	return (entry->minor & 0xff) | (entry->major & 0xfff) << 8 |
	       (entry->minor & ~UINT32_C(0xff)) << 12;
}

/* Symbolic links, devices, pipes. */
static int write_other(struct filling *filling, struct image_inode *inode, struct err *err)
{
	const struct image_entry *entry = &inode->entry;
	const char *link = entry->type == IMAGE_ENTRY_SYMLINK ? entry->link : "";
	struct image_meta *inodes = &filling->tables->inodes;
	struct image_record_bytes record = {.len = 0};
	struct image_record_bytes tail = {.len = 0};
	uint32_t xattrs;

	if (add_xattrs(filling->tables, entry, &xattrs, err) < 0 ||
	    put_head(filling, inode, xattrs != NO_XATTRS, &record, err) < 0)
		return -1;
	image_put32(&record, inode->names);
	if (entry->type == IMAGE_ENTRY_SYMLINK)
		image_put32(&record, (uint32_t)strlen(link));
	else if (entry->type != IMAGE_ENTRY_FIFO)
		image_put32(&record, device_number(entry));
	if (xattrs != NO_XATTRS)
		image_put32(&tail, xattrs);
	inode->place = image_meta_place(inodes);
	if (image_meta_add(inodes, record.bytes, record.len, err) < 0 ||
	    image_meta_add(inodes, link, strlen(link), err) < 0)
		return -1;
	return image_meta_add(inodes, tail.bytes, tail.len, err);
}

/* --- folders --- */

static int compare_names(const void *a, const void *b)
{
	const struct image_node *left = *(struct image_node *const *)a;
	const struct image_node *right = *(struct image_node *const *)b;
	size_t len = left->name_len < right->name_len ? left->name_len : right->name_len;
	int order = memcmp(left->name, right->name, len);

	return order != 0 ? order : (int)left->name_len - (int)right->name_len;
}

static int sort_members(struct filling *filling, const struct image_node *folder, size_t *ret_count,
			struct err *err)
{
	size_t count = 0;

	for (struct image_node *node = folder->first; node; node = node->after) {
		if (count == filling->member_room) {
			size_t room = count ? count * 2 : 1024;
			void *members =
				realloc(filling->members, room * sizeof(struct image_node *));

			if (!members)
				return err_set(err, ERR_NO_SPACE, "no memory for a folder");
			filling->members = members;
			filling->member_room = room;
		}
		filling->members[count++] = node;
	}
	if (count > 1)
		qsort(filling->members, count, sizeof(struct image_node *), compare_names);
	*ret_count = count;
	return 0;
}

/* How many members from @first on can stand behind one head: their records begin in one
 * piece, and their numbers are near the first one's. */
static size_t run_length(const struct filling *filling, size_t first, size_t count)
{
	const struct image_inode *head = filling->members[first]->inode;
	size_t at = first + 1;

	for (; at < count && at - first < RUN_MAX; at++) {
		const struct image_inode *inode = filling->members[at]->inode;
		int64_t distance = (int64_t)inode->number - (int64_t)head->number;

		if (inode->place >> 16 != head->place >> 16 || distance < INT16_MIN ||
		    distance > INT16_MAX)
			break;
	}
	return at - first;
}

static int write_run(struct filling *filling, size_t first, size_t len, struct list *list,
		     struct err *err)
{
	struct image_meta *folders = &filling->tables->folders;
	const struct image_inode *head = filling->members[first]->inode;
	struct image_record_bytes record = {.len = 0};

	image_put32(&record, (uint32_t)len - 1);
	image_put32(&record, (uint32_t)(head->place >> 16));
	image_put32(&record, head->number);
	for (size_t i = first; i < first + len; i++) {
		const struct image_node *node = filling->members[i];
		const struct image_inode *inode = node->inode;

		image_put16(&record, (uint32_t)(inode->place & 0xffff));
		image_put16(&record, inode->number - head->number);
		image_put16(&record, (uint32_t)record_types[inode->entry.type]);
		image_put16(&record, node->name_len - 1u);
		list->bytes += (uint32_t)record.len + node->name_len;
		list->folders += inode->entry.type == IMAGE_ENTRY_FOLDER;
		if (image_meta_add(folders, record.bytes, record.len, err) < 0 ||
		    image_meta_add(folders, node->name, node->name_len, err) < 0)
			return -1;
		record.len = 0;
	}
	return 0;
}

/* The list and the record of @folder, all of whose members have theirs. */
static int close_folder(struct filling *filling, struct image_node *folder, struct err *err)
{
	struct list list = {.place = image_meta_place(&filling->tables->folders)};
	size_t count;
	size_t len;

	if (sort_members(filling, folder, &count, err) < 0)
		return -1;
	for (size_t at = 0; at < count; at += len) {
		len = run_length(filling, at, count);
		if (write_run(filling, at, len, &list, err) < 0)
			return -1;
	}
	return write_folder(filling, folder, &list, err);
}

static int write_node(struct filling *filling, struct image_node *node, struct err *err)
{
	if (node->inode->entry.type == IMAGE_ENTRY_FOLDER)
		return close_folder(filling, node, err);
	if (node->inode->node != node)
		return 0; /* another name of what has or gets its record by that one */
	if (node->inode->entry.type == IMAGE_ENTRY_FILE)
		return write_file(filling, node->inode, err);
	return write_other(filling, node->inode, err);
}

/* The first leaf below @node, or itself. */
static struct image_node *deepest(struct image_node *node)
{
	while (node->first)
		node = node->first;
	return node;
}

static int write_exports(struct filling *filling, struct image_node *root, struct err *err)
{
	uint32_t count = filling->tables->inode_count;
	uint64_t *places = calloc(count, sizeof(*places));
	int result = 0;

	if (!places)
		return err_set(err, ERR_NO_SPACE, "no memory for the image's tables");
	for (struct image_node *node = root; node; node = image_node_after(node))
		places[node->inode->number - 1] = node->inode->place;
	for (uint32_t i = 0; i < count && result == 0; i++) {
		struct image_record_bytes record = {.len = 0};

		image_put64(&record, places[i]);
		result = image_meta_add(&filling->tables->exports, record.bytes, record.len, err);
	}
	free(places);
	return result;
}

static int fill(struct filling *filling, struct image_node *root, struct err *err)
{
	struct image_tables *tables = filling->tables;
	struct image_node *node;

	assert(root); /* each tree has one */
	for (node = root; node; node = image_node_after(node)) {
		if (node->inode->number == 0)
			node->inode->number = ++tables->inode_count;
	}
	/* Other names of a file may come before the one that carries it; what they lead to
	 * must have its place when their folder is closed. */
	for (node = root; node; node = image_node_after(node)) {
		if (node->inode->entry.type != IMAGE_ENTRY_FOLDER &&
		    write_node(filling, node, err) < 0)
			return -1;
	}
	for (node = deepest(root); node; node = node->after ? deepest(node->after) : node->parent) {
		if (node->inode->entry.type == IMAGE_ENTRY_FOLDER &&
		    write_node(filling, node, err) < 0)
			return -1;
	}
	tables->root = root->inode->place;
	if (write_exports(filling, root, err) < 0 || image_meta_flush(&tables->inodes, err) < 0 ||
	    image_meta_flush(&tables->folders, err) < 0 ||
	    image_meta_flush(&tables->ids, err) < 0 ||
	    image_meta_flush(&tables->exports, err) < 0 ||
	    image_meta_flush(&tables->xattrs, err) < 0)
		return -1;
	return image_meta_flush(&tables->xattr_ids, err);
}

int image_tables_fill(struct image_tables *tables, struct image_tree *tree, struct err *err)
{
	struct filling filling = {.tables = tables};
	int result;

	filling.ids = calloc(ID_SLOTS, sizeof(*filling.ids));
	if (!filling.ids)
		return err_set(err, ERR_NO_SPACE, "no memory for the image's tables");
	result = fill(&filling, image_tree_top(tree), err);
	free(filling.ids);
	free(filling.members);
	return result;
}
