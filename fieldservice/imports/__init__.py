"""Jobs from a list made elsewhere, as CSV or XLSX.

An import 导入 is one file on its way to jobs: read, its columns named, checked, then applied by the worker, and undone
if need be. A line 行 is one job to be; the check says what it is: new 新增, changed 有变化, the same 相同,
a conflict 冲突, bad 有问题.
A reference 外部单号 is the number the other system knows the job by; without one a line is known by its content.
docs/imports.md says the rest.
"""
