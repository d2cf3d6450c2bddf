"""Transitions against diffusers' schedulers and against a Gaussian whose answer is known."""

import itertools
import math
from dataclasses import replace

import pytest
import torch
from diffusers import DDIMScheduler, FlowMatchEulerDiscreteScheduler

from colorrl.policy.rollout import Sampler
from colorrl.policy.transition import KINDS, coefficients, noisy_steps, step, time_grid, within


def _states() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return (
        torch.randn(2, 3, 8, 8, generator=generator),
        torch.randn(2, 3, 8, 8, generator=generator),
    )


def test_grid_runs_from_noise_to_image_and_shifts():
    grid = time_grid(5, 3.0)
    assert grid.dtype == torch.float32
    assert grid[0] == 1 and grid[-1] == 0
    torch.testing.assert_close(grid[1:-1], torch.tensor([12 / 13, 9 / 11, 6 / 9, 3 / 7]))
    torch.testing.assert_close(time_grid(4, 1.0), torch.tensor([1.0, 0.75, 0.5, 0.25, 0.0]))


@pytest.mark.parametrize("kind", KINDS)
def test_deterministic_step_is_diffusers_flow_match_step(kind):
    """Seen to fail with t' in place of t' / t."""
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)
    scheduler.set_timesteps(sigmas=torch.linspace(1, 0.2, 5).tolist())  # shifted by the scheduler
    torch.testing.assert_close(scheduler.sigmas, time_grid(5, 3.0))
    x, x0 = _states()
    for i, timestep in enumerate(scheduler.timesteps):
        t, t_next = scheduler.sigmas[i], scheduler.sigmas[i + 1]
        mean, std = step(kind, x, x0, t, t_next, eta=0.0)
        theirs = scheduler.step((x - x0) / t, timestep, x).prev_sample
        torch.testing.assert_close(mean, theirs, rtol=1e-5, atol=1e-6)
        assert std == 0
        x = theirs


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_ddim_is_diffusers_ddim_step(eta):
    """A variance-preserving state is ours divided by sqrt((1-t)^2 + t^2).

    Seen to fail with t in place of t' before the square root.
    """
    scheduler = DDIMScheduler(clip_sample=False, set_alpha_to_one=False, timestep_spacing="leading")
    scheduler.set_timesteps(10)
    x, x0 = _states()
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(4))
    now, after = 501, 401
    alpha_bar = scheduler.alphas_cumprod[[now, after]].double()
    t, t_next = ((1 - alpha_bar).sqrt() / (alpha_bar.sqrt() + (1 - alpha_bar).sqrt())).tolist()
    scale, scale_next = math.hypot(1 - t, t), math.hypot(1 - t_next, t_next)
    predicted = (x / scale - alpha_bar[0].sqrt() * x0) / (1 - alpha_bar[0]).sqrt()  # epsilon
    theirs = scheduler.step(
        predicted.float(), now, x / scale, eta=eta, variance_noise=noise
    ).prev_sample
    mean, std = step("ddim", x, x0, t, t_next, eta)
    torch.testing.assert_close((mean + std * noise) / scale_next, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("eta", [0.2, 0.7, 1.0])
def test_cps_and_ddim_keep_the_total_noise_at_t_next(eta):
    """Seen to fail with noise kept as t' - std."""
    grid = time_grid(7, 3.0).double().tolist()
    for kind in ("cps", "ddim"):
        for t, t_next in itertools.pairwise(grid):
            on_x0, on_x, std = coefficients(kind, t, t_next, eta)
            # A state (1 - t) x0 + t x1 keeps on_x of its noise: t on_x, beside the fresh std.
            assert math.hypot(t * on_x, std) == pytest.approx(t_next, abs=1e-12)
            assert on_x0 + on_x * (1 - t) == pytest.approx(1 - t_next, abs=1e-12)


def test_ddim_at_eta_one_has_the_posterior_s_std():
    """q(x' | x, x0) by Bayes: x' given x0 is N((1-t')x0, t'^2), x given x' is Gaussian too."""
    t, t_next = 0.8, 0.5
    shrink = (1 - t) / (1 - t_next)
    added = t**2 - shrink**2 * t_next**2  # variance x gains over shrink * x'
    posterior = 1 / (1 / t_next**2 + shrink**2 / added)
    assert coefficients("ddim", t, t_next, 1.0)[2] == pytest.approx(math.sqrt(posterior))


def test_a_step_of_flow_sde_by_hand():
    """sigma^2 = .7^2 .8 / .2 = 1.96 over dt = -.3; from t = 1 the next time's .5 is taken.

    Seen to fail with 2 - t for 1 - t.
    """
    found = coefficients("flow_sde", 0.8, 0.5, 0.7)
    assert found == pytest.approx((0.466875, 0.165625, math.sqrt(0.3 * 1.96)))
    assert coefficients("flow_sde", 1.0, 0.5, 0.7)[2] == pytest.approx(math.sqrt(0.5 * 0.98))


def test_the_noise_of_a_step_of_cps_by_hand():
    """t' sin(eta pi / 2). Seen to fail with a third of pi."""
    assert coefficients("cps", 0.8, 0.5, 0.7)[2] == pytest.approx(0.5 * math.sin(0.35 * math.pi))


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_without_noise_is_euler_s_to_the_bit(kind):
    """Seen to fail with eta = 0 left to each kind's own formula, which rounds."""
    for t, t_next in itertools.pairwise(time_grid(50, 3.0).tolist()):
        assert coefficients(kind, t, t_next, 0.0) == coefficients("ode", t, t_next, 0.0)


DATA_MEAN = torch.tensor([0.6, -0.3])
DATA_COV = torch.tensor([[0.25, 0.1], [0.1, 0.09]])


def _posterior_mean(x: torch.Tensor, t: float) -> torch.Tensor:
    """E[x0 | x_t = x] for x0 ~ N(DATA_MEAN, DATA_COV): the perfect policy."""
    cov = (1 - t) ** 2 * DATA_COV + t**2 * torch.eye(2)
    gain = (1 - t) * torch.linalg.solve(cov, DATA_COV)  # symmetric matrices of one basis commute
    return DATA_MEAN + (x - (1 - t) * DATA_MEAN) @ gain


@pytest.mark.parametrize(
    ("kind", "eta"), [("ode", 0.0), ("flow_sde", 0.7), ("cps", 0.2), ("ddim", 0.5), ("ddim", 1.0)]
)
def test_sde_and_ode_end_in_the_data_s_gaussian(kind, eta):
    """Seen to fail with twice flow_sde's drift."""
    n, n_steps = 20_000, 250
    generator = torch.Generator().manual_seed(5)
    grid = time_grid(n_steps, 1.0).tolist()
    x = torch.randn(n, 2, generator=generator)
    for t, t_next in itertools.pairwise(grid):
        mean, std = step(kind, x, _posterior_mean(x, t), t, t_next, eta)
        x = mean + std * torch.randn(x.shape, generator=generator)
    # Four standard errors for chance, and 1 / n_steps for the discretisation (first order).
    spread = DATA_COV.diag().sqrt()
    bound = 4 * spread / math.sqrt(n) + spread / n_steps
    assert ((x.mean(0) - DATA_MEAN).abs() < bound).all()
    size = spread[:, None] * spread[None]
    bound = size * (4 * math.sqrt(2 / n) + 5 / n_steps)
    assert ((x.T.cov() - DATA_COV).abs() < bound).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("eta", [0.0, 1e-3, 0.3, 1.0])
@pytest.mark.parametrize("n_steps", [1, 2, 5, 50])
def test_every_step_is_finite_and_stochastic_as_announced(kind, eta, n_steps):
    """Seen to fail with noise on the last step, and with flow_sde's pole at t = 1 left in."""
    grid = time_grid(n_steps, 3.0)
    noisy = noisy_steps(kind, eta, grid)
    x, x0 = _states()
    for i in range(n_steps):
        mean, std = step(kind, x, x0, grid[i], grid[i + 1], eta)
        assert mean.isfinite().all() and std.isfinite()
        assert (std > 0) == noisy[i]
        if noisy[i]:
            assert std.log().isfinite()
    assert not noisy[-1]
    torch.testing.assert_close(mean, x0, rtol=0, atol=0)  # the last step lands on the prediction


def test_window_confines_the_noise():
    walk = Sampler("cps", n_steps=6, eta=0.5, shift=3.0, rho=0.5)
    assert replace(walk, window=(1, 2)).stochastic().tolist() == [0, 1, 1, 0, 0, 0]
    assert replace(walk, window=(4, 2)).stochastic().tolist() == [0, 0, 0, 0, 1, 0]
    assert not replace(walk, kind="ode").stochastic().any()
    for window in [(-1, 2), (0, 0), (5, 2)]:
        with pytest.raises(ValueError, match="window"):
            within(window, 6)


def test_half_precision_in_fp32_out():
    """Seen to fail with a mean in the dtype that came in."""
    x, x0 = _states()
    mean, std = step("cps", x.bfloat16(), x0.half(), 0.8, 0.5, 0.5)
    assert mean.dtype == std.dtype == torch.float32
    assert torch.equal(mean, step("cps", x.bfloat16().float(), x0.half().float(), 0.8, 0.5, 0.5)[0])


@pytest.mark.parametrize(
    ("kind", "t", "t_next", "eta"),
    [("euler", 1, 0.5, 0), ("cps", 1, 0.5, 1.1), ("flow_sde", 1, 0.5, -1), ("ode", 0.5, 0.5, 0)],
)
def test_refuses_nonsense(kind, t, t_next, eta):
    with pytest.raises(ValueError):
        coefficients(kind, t, t_next, eta)


def test_rows_do_not_depend_on_their_batch():
    generator = torch.Generator().manual_seed(6)
    x, x0 = (torch.randn(7, 3, 37, 41, generator=generator) for _ in range(2))
    mean, _ = step("flow_sde", x, x0, 0.9, 0.6, 0.7)
    for i in range(7):
        alone, _ = step("flow_sde", x[i : i + 1], x0[i : i + 1], 0.9, 0.6, 0.7)
        assert torch.equal(mean[i], alone[0])


@pytest.mark.parametrize(("n_steps", "shift"), [(0, 1.0), (4, 0.0), (4, -1.0)])
def test_a_grid_without_steps_or_direction_is_refused(n_steps, shift):
    """Seen to fail with a shift of 0 alone refused."""
    with pytest.raises(ValueError, match="n_steps >= 1 and shift > 0"):
        time_grid(n_steps, shift)
