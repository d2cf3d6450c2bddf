"""What `colorrl bench` measures: one module per suite, chosen by conf/suite/*.yaml."""
