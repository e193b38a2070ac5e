def run_task_rate(seconds): return None
