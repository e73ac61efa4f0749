"""Inspector: a control room for workflows on Temporal."""
