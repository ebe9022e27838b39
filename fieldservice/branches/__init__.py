"""Branches 门店: head office and the franchise stores. Staff and records belong to one."""
