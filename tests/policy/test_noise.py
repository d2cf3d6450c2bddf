"""Region-correlated noise against torch.distributions in double precision."""

import math

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from colorrl.policy.noise import (
    NoiseModel,
    draw_noise,
    kl_regions,
    logp_means,
    logp_regions,
    one_hot,
)

SIDE, SLOTS, STD = 6, 5, 0.37


def owner(n: int = 2) -> torch.Tensor:
    """(n, 6, 6) ids 1..3: slot 0 (ink) and slot 4 (padding) stay empty."""
    columns = torch.arange(SIDE).div(2, rounding_mode="floor") + 1
    return columns.expand(n, SIDE, SIDE).clone()


def _d(n: int = 2) -> torch.Tensor:
    return torch.randn(n, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


def _covariance(n: int, rho: float, std: float = 1.0) -> torch.Tensor:
    eye = torch.eye(n, dtype=torch.float64)
    return std**2 * ((1 - rho) * eye + rho * torch.ones_like(eye))


def _reference(d: torch.Tensor, region_index: torch.Tensor, rho: float) -> torch.Tensor:
    """Log-density per region by MultivariateNormal in float64."""
    out = torch.zeros(len(d), SLOTS, dtype=torch.float64)
    for i in range(len(d)):
        for r in region_index[i].unique().tolist():
            values = d[i].double()[:, region_index[i] == r] * STD  # (3, n)
            n = values.shape[1]
            law = MultivariateNormal(torch.zeros(n).double(), _covariance(n, rho, STD))
            out[i, r] = law.log_prob(values).sum()
    return out


def test_plain_logp_is_normal():
    """Seen to fail without the log of std in the density."""
    d, region_index = _d(), owner()
    logp = logp_regions(d, torch.tensor(STD), NoiseModel(region_index, SLOTS, 0.0))
    per_pixel = Normal(0.0, STD).log_prob(d.double() * STD).sum(1)  # (N, H, W)
    exact = torch.einsum(
        "nhw,nrhw->nr", per_pixel, one_hot(region_index, SLOTS).double().unflatten(2, (6, 6))
    )
    torch.testing.assert_close(logp.double(), exact, rtol=1e-6, atol=1e-6)
    assert logp.dtype == torch.float32


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.5, 0.95])
def test_correlated_logp_is_multivariate_normal(rho):
    d, region_index = _d(), owner()
    logp = logp_regions(d, torch.tensor(STD), NoiseModel(region_index, SLOTS, rho))
    # atol: one fp32 rounding of sums near 30 that partly cancel.
    torch.testing.assert_close(
        logp.double(), _reference(d, region_index, rho), rtol=1e-6, atol=5e-6
    )


@pytest.mark.parametrize("rho", [0.0, 0.5])
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_any_dtype_is_scored_in_fp32(dtype, rho):
    """Seen to fail without the cast in _mahalanobis."""
    d = _d().to(dtype)
    logp = logp_regions(d, torch.tensor(STD, dtype=dtype), NoiseModel(owner(), SLOTS, rho))
    again = logp_regions(
        d.float(), torch.tensor(STD, dtype=dtype).float(), NoiseModel(owner(), SLOTS, rho)
    )
    assert logp.dtype == torch.float32
    assert torch.equal(logp, again)


def test_autocast_does_not_reach_the_sums():
    """Seen to fail without the guard around the matrix product."""
    d, region_index = _d(), owner()
    plain = logp_regions(d, torch.tensor(STD), NoiseModel(region_index, SLOTS, 0.5))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(
            logp_regions(d, torch.tensor(STD), NoiseModel(region_index, SLOTS, 0.5)), plain
        )


@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_regions_sum_to_the_image(rho):
    """All pixels of a full-size image: block-diagonal covariance, so one density."""
    generator = torch.Generator().manual_seed(3)
    region_index = torch.randint(0, 33, (2, 64, 64), generator=generator)
    d = torch.randn(2, 3, 64, 64, generator=generator)
    total = logp_regions(d, torch.tensor(STD), NoiseModel(region_index, 33, rho)).double().sum(1)
    exact = torch.zeros(2, dtype=torch.float64)
    for i in range(2):
        for r in range(33):
            values = d[i].double()[:, region_index[i] == r]  # (3, n)
            n, mean = values.shape[1], values.mean(1)
            along = (n * mean.square() / (1 - rho + n * rho)).sum()
            within = (values - mean[:, None]).square().sum() / (1 - rho)
            log_det = 3 * (math.log(1 - rho + n * rho) + (n - 1) * math.log(1 - rho))
            constant = 3 * n * (math.log(STD) + 0.5 * math.log(2 * math.pi))
            exact[i] -= 0.5 * (along + within + log_det) + constant
    torch.testing.assert_close(total, exact, rtol=1e-6, atol=0)


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.95])
def test_empty_slots_are_exactly_zero_with_finite_gradients(rho):
    d = _d().requires_grad_()
    logp = logp_regions(d, torch.tensor(STD), NoiseModel(owner(), SLOTS, rho))
    assert torch.equal(logp[:, [0, 4]], torch.zeros(2, 2))
    logp.sum().backward()
    assert d.grad is not None and d.grad.isfinite().all()


def test_std_per_sample():
    d, region_index, std = _d(), owner(), torch.tensor([0.2, 0.9])
    both = logp_regions(d, std, NoiseModel(region_index, SLOTS, 0.5))
    for i in range(2):
        one = logp_regions(d[i : i + 1], std[i], NoiseModel(region_index[i : i + 1], SLOTS, 0.5))
        torch.testing.assert_close(both[i : i + 1], one, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 4, 16])
@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_any_number_of_channels_is_scored(channels, rho):
    """Latents have 4 or 16. Seen to fail with ``sums[:, :3]``: silently wrong for rho above 0."""
    generator = torch.Generator().manual_seed(7)
    d, region_index = torch.randn(2, channels, SIDE, SIDE, generator=generator), owner()
    noise, std = NoiseModel(region_index, SLOTS, rho, channels), torch.tensor(STD)
    torch.testing.assert_close(
        logp_regions(d, std, noise).double(), _reference(d, region_index, rho), rtol=1e-6, atol=2e-5
    )
    one_by_one = [logp_means(d[:, c : c + 1], std, noise) for c in range(channels)]
    means = logp_means(d, std, noise)
    torch.testing.assert_close(means, torch.stack(one_by_one).sum(0), rtol=1e-5, atol=1e-5)
    one_by_one = [kl_regions(d[:, c : c + 1], noise) for c in range(channels)]
    divergence = kl_regions(d, noise)
    torch.testing.assert_close(divergence, torch.stack(one_by_one).sum(0), rtol=1e-5, atol=1e-5)
    drawn = noise.draw(torch.arange(2))
    assert drawn.shape == d.shape and len(drawn.flatten().unique()) == d.numel()


def test_gradient_is_the_density_s():
    d, region_index, rho = _d(1).requires_grad_(), owner(1), 0.5
    logp_regions(d, torch.tensor(STD), NoiseModel(region_index, SLOTS, rho)).sum().backward()
    inside = region_index[0] == 2
    exact = -torch.linalg.solve(_covariance(12, rho), d.detach()[0, :, inside].double().T).T
    torch.testing.assert_close(d.grad[0, :, inside].double(), exact, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.95])
def test_means_have_the_marginal_density(rho):
    """The law of A x for x of the full covariance, A the average over a region's pixels."""
    d, region_index = _d(), owner()
    logp = logp_means(d, torch.tensor(STD), NoiseModel(region_index, SLOTS, rho))
    assert torch.equal(logp[:, [0, 4]], torch.zeros(2, 2))
    for r in (1, 2, 3):
        values = d[0].double()[:, region_index[0] == r] * STD  # (3, 12)
        average = torch.full((1, 12), 1 / 12, dtype=torch.float64)
        law = MultivariateNormal(
            torch.zeros(1).double(), average @ _covariance(12, rho, STD) @ average.T
        )
        exact = law.log_prob(values @ average.T).sum()
        torch.testing.assert_close(logp[0, r].double(), exact, rtol=1e-6, atol=1e-6)


def test_the_mean_of_one_pixel_is_that_pixel():
    """Seen to fail with two pixels for the least."""
    region_index = owner()
    region_index[:, 0, 0] = 4
    noise = NoiseModel(region_index, SLOTS, 0.5)
    of_mean, of_pixels = (f(_d(), torch.tensor(STD), noise) for f in (logp_means, logp_regions))
    torch.testing.assert_close(of_mean[:, 4], of_pixels[:, 4])


@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_means_and_deviations_are_independent(rho):
    """What is left of the state's density does not see a region move as a whole."""
    region_index, move = (
        owner(),
        torch.randn(2, 3, SLOTS, generator=torch.Generator().manual_seed(4)),
    )
    rest = [
        logp_regions(d, torch.tensor(STD), NoiseModel(region_index, SLOTS, rho))
        - logp_means(d, torch.tensor(STD), NoiseModel(region_index, SLOTS, rho))
        for d in (
            _d(),
            _d() + move.gather(2, region_index.flatten(1)[:, None].expand(-1, 3, -1)).view_as(_d()),
        )
    ]
    # atol: fp32 rounding of sums near 100 that cancel
    torch.testing.assert_close(rest[0], rest[1], rtol=0, atol=1e-4)


def test_texture_takes_no_gradient_through_the_means():
    d, region_index = _d().requires_grad_(), owner()
    logp_means(d, torch.tensor(STD), NoiseModel(region_index, SLOTS, 0.5)).sum().backward()
    for r in (1, 2, 3):
        inside = d.grad[0][:, region_index[0] == r]
        assert torch.equal(inside, inside[:, :1].expand_as(inside)) and inside.abs().min() > 0


@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_kl_is_the_closed_form(rho):
    """Seen to fail without the half."""
    d, region_index = _d().requires_grad_(), owner()
    kl = kl_regions(d, NoiseModel(region_index, SLOTS, rho))
    covariance = _covariance(12, rho, STD)
    for r in (1, 2, 3):
        shift = d.detach()[0, :, region_index[0] == r].double() * STD
        laws = MultivariateNormal(shift, covariance), MultivariateNormal(0 * shift, covariance)
        exact = kl_divergence(*laws).sum()
        torch.testing.assert_close(kl[0, r].double(), exact, rtol=1e-6, atol=1e-6)
    assert torch.equal(
        kl_regions(0 * d, NoiseModel(region_index, SLOTS, rho)), torch.zeros(2, SLOTS)
    )
    kl.sum().backward()
    assert (d.grad.abs() > 0).all()


@pytest.mark.parametrize("rho", [-0.1, 1.0, 1.5])
def test_refuses_rho(rho):
    with pytest.raises(ValueError, match="rho"):
        draw_noise(owner(), SLOTS, rho, torch.arange(2))
    with pytest.raises(ValueError, match="rho"):
        logp_regions(_d(), torch.tensor(STD), NoiseModel(owner(), SLOTS, rho))
