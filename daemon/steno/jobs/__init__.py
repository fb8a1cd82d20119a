"""Jobs: what may happen to them, and making it happen.

Pure: `states`, `locks`, `choice`, `progress`, `pending`. At the edges: `admission`, `service`,
`scheduler`, `run`, `output`.
"""
