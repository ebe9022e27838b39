"""Customers 客户 with their sites 服务地址 and installed products 已购产品."""
