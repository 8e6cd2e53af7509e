"""The causal transformer: θ_i depends on x_1, …, x_{i−1} only, by attention over blocks of x.

x is cut into T tokens of D coordinates each, x_1, …, x_T, as an image into patches (see ``Patches``).
Attention lets token t see itself and those before it; as the tokens are shifted by one, what
comes out at place t depends on the tokens before x_t only:

    h_t = h(start, x_1, …, x_{t−1}),       θ_{t,i} = θ_i(x_{t,1}, …, x_{t,i−1}; h_t),

where the start token comes from the context, and θ_i is a ``MADE`` within the token, with h_t as its
context. The Jacobian of the flow is then triangular by blocks, and in each block.

**Cache.** The keys and values of token s depend on x_1, …, x_{s−1} only, so once computed they never
change. Kept, they make the T steps from z to x cost what one pass does: ``MADE.solve`` for attention.

Source: Vaswani et al., Attention Is All You Need, NeurIPS 2017; Zhai et al., Normalizing Flows are
    Capable Generative Models, ICML 2025 (TarFlow), where θ does not depend on x_{t,1}, … .
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention

from nflib.bijections.conditioner import Conditioner, LineMap
from nflib.bijections.dequantisation import seen_levels
from nflib.bijections.made import MADE
from nflib.validation import check_dimension

Cache = list[tuple[Tensor, Tensor]]  # the keys and values of each layer


class CausalTransformer(Conditioner):
    """The network that gives ``n_params`` parameters θ_i for each coordinate, by causal attention.

    Its last layer starts at zero, so that θ = 0.

    Args:
        d: the dimension, a multiple of ``token``.
        n_params: how many parameters θ_i holds.
        token: D, how many coordinates are one token.
        width: of the transformer, a multiple of ``heads``.
        depth: how many layers of attention.
        heads: of the attention, in each layer.
        hidden: the widths of the hidden layers of the MADE within a token.
        context: the dimension of the context, 0 for none. If it is a class, one-hot, then zeros
            mean that none is given.
        levels: Q, if of x in [0, 1] the network sees grey levels only, by ``seen_levels``.
        generator: the source of randomness of the first weights, U(−1/√n, 1/√n) for a unit that
            sees n others; ``None`` is torch's global one.

    Attributes:
        tokens: T = d/D.  inner: the MADE.

    Raises:
        TypeError: if a size is not an int.
        ValueError: if a size is too small, or is not the multiple that it must be.

    Source: see the module.
    """

    def __init__(
        self,
        d: int,
        n_params: int,
        token: int,
        width: int = 128,
        depth: int = 4,
        heads: int = 4,
        hidden: tuple[int, ...] = (256, 256),
        context: int = 0,
        levels: int | None = None,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        sizes = {"token": token, "width": width, "depth": depth, "heads": heads}
        for name, size in sizes.items():
            check_dimension(f"CausalTransformer: {name}", size)
        if d % token or width % heads:
            expected = f"a multiple of token = {token}, and width one of heads = {heads}"
            raise ValueError(f"CausalTransformer: d: expected {expected}, got {d} and {width}")
        self.inner = MADE(
            token, n_params, hidden, width, generator, nn.GELU, levels=levels, residual=True
        )
        self.d, self.n_params, self.context_size = d, n_params, context or None
        self.tokens, self.levels, self.circular = d // token, levels, None
        self.embed = _linear(token * (2 if levels else 1), width, generator)
        self.start = _linear(context, width, generator)
        self.places = nn.Parameter(_uniform((self.tokens, width), 0.03, generator))
        self.layers = nn.ModuleList(_Layer(width, heads, generator) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        blocks = x.unflatten(-1, (self.tokens, -1))
        before = self.embedded(blocks[..., :-1, :])
        h, _ = self.attend(torch.cat([self.first(x, context), before], -2))
        return self.inner(blocks, h).flatten(-3, -2)

    def solve(self, f: LineMap, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        new, cache, solved = self.first(z, context), None, []
        for t in range(self.tokens):
            h, cache = self.attend(new, cache)
            at = z.unflatten(-1, (self.tokens, -1))[..., t, :]
            solved.append(self.inner.solve(f, at, h[..., 0, :]))
            new = self.embedded(solved[-1][0][..., None, :])
        x, log_slope = zip(*solved, strict=True)
        return torch.cat(x, -1), torch.stack(log_slope, -1).sum(-1)

    def start_at(self, theta: Tensor) -> None:
        self.inner.start_at(theta)

    def first(self, like: Tensor, context: Tensor | None) -> Tensor:
        """The start token, shape (*batch, 1, width), for points like these."""
        if context is None:
            return self.start.bias.expand(*like.shape[:-1], 1, -1)
        return self.start(context)[..., None, :]

    def embedded(self, blocks: Tensor) -> Tensor:
        """Blocks of coordinates, shape (*batch, n, D), as n tokens, shape (*batch, n, width)."""
        return self.embed(blocks if self.levels is None else seen_levels(blocks, self.levels))

    def attend(self, new: Tensor, cache: Cache | None = None) -> tuple[Tensor, Cache]:
        """h at the next n places, (*batch, n, width), of these tokens and those in the cache.

        Returns also the cache of them all; the one that is given does not change.
        """
        done = 0 if cache is None else cache[0][0].shape[-2]
        h = new + self.places[done : done + new.shape[-2]]
        kept = []
        for k, layer in enumerate(self.layers):
            h, keys_values = layer(h, None if cache is None else cache[k])
            kept.append(keys_values)
        return self.norm(h), kept


class _Layer(nn.Module):
    """Attention to the tokens so far, then a perceptron at each token; both are added to it."""

    def __init__(self, width: int, heads: int, generator: torch.Generator | None) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.queries_keys_values = _linear(width, 3 * width, generator)
        self.out = _linear(width, width, generator, 0.3)
        self.up = _linear(width, 4 * width, generator)
        self.down = _linear(4 * width, width, generator, 0.3)

    def forward(
        self, h: Tensor, before: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        n = h.shape[-2]
        by_head = self.queries_keys_values(self.norm1(h)).unflatten(-1, (3, self.heads, -1))
        q, k, v = by_head.movedim(-4, -2).unbind(-4)  # each of shape (*batch, heads, n, size)
        if before is not None:
            k, v = torch.cat([before[0], k], -2), torch.cat([before[1], v], -2)
        seen = None
        if before is not None and n > 1:
            seen = torch.ones(n, k.shape[-2], dtype=torch.bool, device=h.device).tril(
                k.shape[-2] - n
            )
        causal = before is None and n > 1
        attention = scaled_dot_product_attention(q, k, v, seen, is_causal=causal)
        h = h + self.out(attention.transpose(-3, -2).flatten(-2))
        return h + self.down(gelu(self.up(self.norm2(h)))), (k, v)


def _linear(n: int, m: int, generator: torch.Generator | None, scale: float = 1.0) -> nn.Linear:
    """A linear map, its weights drawn by the generator from U(−scale/√n, scale/√n), its bias zero."""
    linear = nn.utils.skip_init(nn.Linear, n, m, device=torch.empty(0).device)
    with torch.no_grad():
        linear.weight.copy_(_uniform((m, n), scale / math.sqrt(max(n, 1)), generator))
        nn.init.zeros_(linear.bias)
    return linear


def _uniform(shape: tuple[int, ...], bound: float, generator: torch.Generator | None) -> Tensor:
    return bound * (2 * torch.rand(shape, generator=generator) - 1)
