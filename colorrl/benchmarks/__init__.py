"""What `colorrl bench` measures: one module per suite, chosen by conf/suite/*.yaml.

A suite is a callable without arguments that returns a Report. Its YAML names it (``name``) and
hands it what it needs of the verb's keys: ``seed: ${seed}``, ``limit: ${limit}``, ``workers:
${workers}``, and ``only: ${methods}`` if it compares methods.
"""
