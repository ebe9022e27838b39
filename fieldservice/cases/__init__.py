"""Cases 服务单: what a customer came with. Every job belongs to one."""
