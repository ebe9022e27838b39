"""The customer's side 客户入口: links without account. The scope says what a link opens: a case, or somebody's badge."""
