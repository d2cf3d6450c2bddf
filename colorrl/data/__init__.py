"""Where sketches come from: rendered sets, folders of line art, batches, augmentation."""
