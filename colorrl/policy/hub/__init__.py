"""Pretrained diffusers pipelines as policies: one file a family, one class for what they share.

`coordinates` converts between the flow state of colorrl and a model's own coordinates, `prompt`
writes a palette as words, `parts` reads a folder or hub id and refuses what does not fit, `lora`
adds and saves adapters, `policy` is the Policy. `sd_control`, `sdxl_control`, `sd3_control`,
`flux_control` and `flux_kontext` each know how one family calls its networks.
"""
