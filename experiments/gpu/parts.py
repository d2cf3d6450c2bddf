"""The pieces of a step that speed.py times, each as a call."""

import contextlib
from functools import partial
from pathlib import Path

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from torch.utils.flop_counter import FlopCounterMode

from colorrl.config.compose import conf_dir
from colorrl.policy.noise import draw_noise
from colorrl.policy.pipeline import ode_sample, save_generator
from colorrl.policy.transition import coefficients, time_grid
from colorrl.scripts.pretrain import fetched
from colorrl.training.pretrain_state import Pretraining, compiled, seeds_of

START = Path("runs/gpu/start")


class Pretrain:
    """One step of pretraining on one batch."""

    def __init__(self, cfg, pools):
        self.run = Pretraining(cfg)
        self.draw = partial(fetched, pools, cfg, self.run.device, 0)
        self.host = self.draw()
        self.batch = self.host.to(self.run.device)
        self.seeds = seeds_of(0, 1, 0, cfg.batch_size)
        self.t = torch.full((cfg.batch_size,), 0.7, device=self.run.device)

    def parts(self):
        regions = self.batch.regions
        noise = partial(
            draw_noise, regions.region_index, regions.n_slots, self.run.cfg.rho, self.seeds
        )
        return {
            "drawing (of a loader)": self.draw,
            "copy": lambda: self.host.to(self.run.device),
            "noise": noise,
            "network, forward with noise and loss": self.forward,
            "network, backward too": self.backward,
            "clip, AdamW, EMA": self.optimize,
            "whole step": lambda: self.run.update(self.host.to(self.run.device)),
        }

    def forward(self):
        with torch.autocast(self.run.device.type, torch.bfloat16):
            error, entry = self.run.errors(self.batch, self.t, self.seeds)
        return (error + entry).mean()

    def backward(self):
        self.forward().backward()

    def optimize(self):
        """As after a backward; gradients are left by the part before."""
        run = self.run
        for p in run.network.parameters():
            p.grad = torch.zeros_like(p) if p.grad is None else p.grad
        torch.nn.utils.clip_grad_norm_(run.network.parameters(), run.cfg.max_grad_norm)
        run.optimizer.step()
        run.ema.step(run.network.parameters())

    def eager(self):
        """For counting operations, which compiled code hides."""
        compiled_model, self.run.compiled_model = self.run.compiled_model, self.run.network
        self.backward()
        self.run.compiled_model = compiled_model


class Sample:
    """Deterministic sampling of one batch, in variants that answer alike."""

    def __init__(self, cfg, pools, precision):
        self.run = Pretraining(cfg)
        self.network = self.run.network.eval().requires_grad_(False)
        self.batch = fetched(pools, cfg, self.run.device, 0).to(self.run.device)
        self.n, self.rho = len(self.batch), cfg.rho
        self.grid = time_grid(cfg.n_steps, cfg.sample_shift)
        self.seeds = seeds_of(0, 6, 0, self.n)
        self.precision = precision
        with FlopCounterMode(display=False) as counter:
            self.with_network(self.network)
        self.flops = counter.get_total_flops()

    def autocast(self):
        if self.precision == "no":
            return contextlib.nullcontext()
        return torch.autocast(self.run.device.type, torch.bfloat16)

    @torch.no_grad()
    def with_network(self, network):
        with self.autocast():
            return ode_sample(network, self.batch, self.grid, self.rho, self.seeds)

    def variants(self):
        found = {"as it is": partial(self.with_network, self.network)}
        if self.run.device.type == "cuda":
            found["CUDA graph"] = self.graphed()
        if self.run.cfg.compile:
            found["compiled"] = partial(self.with_network, compiled(self.network))
        last = self.network.to(memory_format=torch.channels_last)
        return found | {"channels last": partial(self.with_network, last)}

    @torch.no_grad()
    def graphed(self):
        """Encoding and noise as they are, all denoising steps as one CUDA graph."""
        regions = self.batch.regions
        noise = partial(draw_noise, regions.region_index, regions.n_slots, self.rho, self.seeds)
        start, code = noise(), self.network.encode(self.batch)

        def steps():
            x = start
            for t, t_next in zip(self.grid[:-1].tolist(), self.grid[1:].tolist(), strict=True):
                x0 = self.network.predict(x, torch.full_like(x[:, 0, 0, 0], t), code)
                on_x0, on_x, _ = coefficients("ode", t, t_next, 0.0)
                x = x0.float() * on_x0 + x * on_x
            return x

        with self.autocast():
            side = torch.cuda.Stream()
            with torch.cuda.stream(side):
                steps()
            torch.cuda.current_stream().wait_stream(side)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                steps()

        def work():
            with self.autocast():
                self.network.encode(self.batch)
            start.copy_(noise())
            graph.replay()

        return work


def base():
    """The generator of runs/base, or one as it begins: equal in speed, and as exact."""
    if any(Path("runs/base").glob("*/seed*/generator")):
        return "runs/base"
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        network = instantiate(compose("pretrain", ["policy=flow_base"]).policy.network)
    save_generator(START, network, n_steps=8, shift=1.5, rho=0.5)
    return str(START)
