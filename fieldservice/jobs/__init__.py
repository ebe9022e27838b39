"""Jobs 派工单: visits to a site under a case, with a lead technician, helpers, and a history of steps."""
