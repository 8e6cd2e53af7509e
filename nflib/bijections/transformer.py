"""The causal transformer: θ_i depends on x_1, …, x_{i−1} only, by attention over tokens of x.

x is cut into T tokens of D coordinates, as an image into patches. Attention lets place t see itself and the
places before it; as the tokens are shifted by one, a start token first, what comes out is

    h_t = h(start, x_1, …, x_{t−1}),       θ_{t,i} = θ_i(x_{t,1}, …, x_{t,i−1}; h_t),

where the start token is made of the context, and θ_i is a ``MADE`` within the token, with context h_t.
So the Jacobian of the flow is triangular by blocks, and within each block.

**Cache.** The keys and values of token s depend on x_1, …, x_{s−1} only, and never change once they
are known. Kept, they make T steps from z to x cost what one pass does: ``MADE.solve`` for attention.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from nflib.bijections.conditioner import Before, Conditioner, LineMap, in_columns
from nflib.bijections.dequantisation import seen_levels
from nflib.bijections.made import MADE
from nflib.networks import MLP, drawn_linear
from nflib.validation import check_dimension


class CausalTransformer(Conditioner):
    """The network that gives ``n_params`` parameters θ_i for each coordinate, by causal attention.

    Its last layer starts at zero, so that θ = 0.

    Args:
        d: the dimension, a multiple of ``token``.
        n_params: how many parameters θ_i holds.
        token: D, how many coordinates are one token.
        width: of the transformer, a multiple of ``heads``.
        depth: how many layers it has.
        heads: of the attention in each layer.
        hidden: the widths of the hidden layers of the MADE within a token.
        context: the dimension of the context, 0 for none.
        levels: Q, if all that it may see of x in [0, 1] is a grey level, ⌊Qx⌋.
        generator: the source of randomness of the first weights, as in ``MLP``.

    Source: Vaswani et al., Attention Is All You Need, NeurIPS 2017. As a flow: Zhai et al.,
        Normalizing Flows are Capable Generative Models, ICML 2025 (TarFlow); there the coordinates
        of a token share h_t.
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
        sizes = {"d": d, "token": token, "width": width, "depth": depth, "heads": heads}
        for name, size in sizes.items():
            check_dimension(f"CausalTransformer: {name}", size)
        check_dimension("CausalTransformer: context", context, least=0)
        if d % token or width % heads:
            expected = f"a multiple of token = {token}, and width one of heads = {heads}"
            raise ValueError(f"CausalTransformer: d: expected {expected}, got {d} and {width}")
        self.d, self.n_params, self.context_size, self.circular = d, n_params, context or None, None
        self.token, self.levels = token, levels
        self.inner = MADE(
            token, n_params, hidden, width, generator, nn.GELU, levels=levels, residual=True
        )
        self.embed = drawn_linear(token * (2 if levels else 1), width, generator)
        self.start = drawn_linear(max(context, 1), width, generator)  # without context, of a zero
        self.places = nn.Parameter(torch.zeros(d // token, width))
        self.layers = nn.ModuleList(_Layer(width, heads, generator) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        h, _, blocks = self._attend(x, self.begin(x, context))
        return self.inner(blocks, h).flatten(-3, -2)

    def solve(self, f: LineMap, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        before, solved = self.begin(z, context), []
        for z_t in z.split(self.token, -1):
            *image, before = self.sweep(f, z_t, z_t, before, exact=True)
            solved.append(image)
        x, log_slope = zip(*solved, strict=True)
        return torch.cat(x, -1), torch.stack(log_slope, -1).sum(-1)

    def start_at(self, theta: Tensor) -> None:
        self.inner.start_at(theta)

    def begin(self, z: Tensor, context: Tensor | None = None, cache: bool = True) -> Before:
        start = self.start(z.new_zeros(*z.shape[:-1], 1) if context is None else context)
        return Before(start[..., None, :], [] if cache else None)

    def sweep(
        self, f: LineMap, z: Tensor, x: Tensor, before: Before, exact: bool = False
    ) -> tuple[Tensor, Tensor, Before]:
        h, after, blocks = self._attend(x, before)
        if exact:
            x, log_slope = self.inner.solve(f, z.unflatten(-1, (-1, self.token)), h)
            x, log_slope = x.flatten(-2), log_slope.sum(-1)
        else:
            x, log_slope = in_columns(f, z, self.inner(blocks, h).flatten(-3, -2))
        last = self._embedded(x[..., None, -self.token :])
        return x, log_slope, after._replace(seen=torch.cat([after.seen, last], -2))

    def _attend(self, x: Tensor, before: Before) -> tuple[Tensor, Before, Tensor]:
        """h at the places of x, (*batch, n, width), and the blocks of x, (*batch, n, D).

        ``before.seen`` are the tokens whose keys and values are not in the cache ``before.more``, the
        start or the last one; all of them if there is no cache. Nothing that is given changes.
        """
        blocks, cache = x.unflatten(-1, (-1, self.token)), before.more
        new = torch.cat([before.seen, self._embedded(blocks[..., :-1, :])], -2)
        n, done = new.shape[-2], cache[0].shape[-2] if cache else 0
        h, kept = new + self.places[done : done + n], []
        for k, layer in enumerate(self.layers):
            h, keys_values = layer(h, cache[k] if cache else None)
            kept.append(keys_values)
        h = self.norm(h[..., -blocks.shape[-2] :, :])
        seen, more = (new, None) if cache is None else (new[..., :0, :], kept)
        return h, Before(seen, more, n * self.token), blocks

    def _embedded(self, blocks: Tensor) -> Tensor:
        return self.embed(blocks if self.levels is None else seen_levels(blocks, self.levels))


class _Layer(nn.Module):
    """Attention to the tokens so far, then a perceptron at each token; both are added to it."""

    def __init__(self, width: int, heads: int, generator: torch.Generator | None) -> None:
        super().__init__()
        self.heads, self.norm1, self.norm2 = heads, nn.LayerNorm(width), nn.LayerNorm(width)
        self.queries_keys_values = drawn_linear(width, 3 * width, generator)
        self.out = drawn_linear(width, width, generator)
        self.perceptron = MLP(width, width, (4 * width,), 0, generator, nn.GELU)

    def forward(self, h: Tensor, cache: Tensor | None) -> tuple[Tensor, Tensor]:
        by_head = self.queries_keys_values(self.norm1(h)).unflatten(-1, (3, self.heads, -1))
        q, *kv = by_head.movedim(-3, 0).transpose(-3, -2)  # each (*batch, heads, n, width/heads)
        keys_values = torch.stack(kv) if cache is None else torch.cat([cache, torch.stack(kv)], -2)
        n, total = q.shape[-2], keys_values.shape[-2]
        seen = torch.ones(n, total, dtype=torch.bool, device=h.device).tril(total - n)
        mask = None if n in (1, total) else seen
        k, v = keys_values
        attention = scaled_dot_product_attention(q, k, v, mask, is_causal=1 < n == total)
        h = h + self.out(attention.transpose(-3, -2).flatten(-2))
        return h + self.perceptron(self.norm2(h)), keys_values
