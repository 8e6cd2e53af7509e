"""Layers for images: squeeze, cut into patches, split into scales, the same map at each pixel, 1×1 convolution.

An image of shape (C, H, W) is a point of R^d, d = C·H·W, as ``image.flatten(-3)`` lays it out:
coordinate (c·H + h)·W + w is channel c at row h and column w. So the first channels are the
first coordinates. Layers are named after what they do to an image on its way to the latent, x → z.
"""

import torch
from torch import Tensor
from torch.nn.functional import pixel_unshuffle

from nflib.bijections.bijection import Bijection, check_bijection
from nflib.bijections.lu import LULinear
from nflib.bijections.permutation import Permutation
from nflib.validation import check_dimension

Shape = tuple[int, int, int]


class Squeeze(Permutation):
    """Permutation that, from x to z, turns space into channels: (C, H, W) to (4C, H/2, W/2).

    Formula: z_{4c + 2i + j, h, w} = x_{c, 2h + i, 2w + j} for i, j in {0, 1}: every 2×2 square of
    a channel becomes four channels of one pixel; ``torch.nn.functional.pixel_unshuffle``.

    Args:
        shape: (C, H, W) of x, the side of the data; H and W even.

    Source: Dinh et al., Density estimation using Real NVP, ICLR 2017, section 3.6.
    """

    def __init__(self, shape: Shape) -> None:
        C, H, W = _check_shape("Squeeze", shape)
        if H % 2 or W % 2:
            raise ValueError(f"Squeeze: shape: expected even H and W, got {shape}")
        pixels = pixel_unshuffle(torch.arange(C * H * W).reshape(shape), 2)
        super().__init__(pixels.flatten().argsort())


class Patches(Permutation):
    """Permutation that, from x to z, cuts an image into patches, the tokens of a transformer.

    Formula: z_{t, c, i, j} = x_{c, P h + i, P w + j} with t = h W/P + w: patches in the order of
        reading, of C P² coordinates each.

    Args:
        shape: (C, H, W) of x, the side of the data.
        patch: P, a divisor of H and W.
    """

    def __init__(self, shape: Shape, patch: int) -> None:
        C, H, W = _check_shape("Patches", shape)
        check_dimension("Patches: patch", patch)
        if H % patch or W % patch:
            raise ValueError(f"Patches: patch: expected a divisor of H and W, got {patch}")
        cut = torch.arange(C * H * W).reshape(C, H // patch, patch, W // patch, patch)
        super().__init__(cut.permute(1, 3, 0, 2, 4).flatten().argsort())  # from c, h, i, w, j


class Split(Bijection):
    """A multi-scale layer: ``bijection`` acts on the first k coordinates, the others do not change.

    From x to z, d − k coordinates keep their values, and only k go through further layers. None
    is dropped: z has all d of them. On images, k = d/2 lets half of the channels pass.

    Formula: x = (f(z_1, …, z_k), z_{k+1}, …, z_d), with the log|det| of f. Nested, from base to
    data, it is the multi-scale architecture:
        Composition(Split(Composition(Split(f_3, d/2), f_2), d), Squeeze(shape), f_1).

    Args:
        bijection: f, of a fixed dimension k; its context, if it takes one, is the context of all.
        d: the dimension of the whole, d > k.

    Source: Dinh et al. (2017), section 3.6, equations 13 to 16.
    """

    def __init__(self, bijection: Bijection, d: int) -> None:
        super().__init__()
        check_bijection("Split: bijection", bijection)
        check_dimension("Split: d", d)
        if bijection.d is None or bijection.d >= d:
            expected = f"a bijection of a dimension less than d = {d}"
            raise ValueError(f"Split: bijection: expected {expected}, got {bijection.d}")
        self.bijection, self.d, self.context_size = bijection, d, bijection.context_size

    def _forward(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        x, log_abs_det = self.bijection.forward(z[..., : self.bijection.d], context)
        return torch.cat([x, z[..., self.bijection.d :]], dim=-1), log_abs_det

    def _inverse(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        z, log_abs_det = self.bijection.inverse(x[..., : self.bijection.d], context)
        return torch.cat([z, x[..., self.bijection.d :]], dim=-1), log_abs_det


class PerPixel(Bijection):
    """The same bijection of R^C at every pixel of an image: as Glow's ActNorm, a scale a channel.

    Formula: x_{·,h,w} = f(z_{·,h,w}), log|det J(z)| = Σ_{h,w} log|det J_f(z_{·,h,w})|.

    Args:
        bijection: f, of dimension C (or of any); its context is the same at every pixel.
        shape: (C, H, W).
    """

    def __init__(self, bijection: Bijection, shape: Shape) -> None:
        super().__init__()
        check_bijection("PerPixel: bijection", bijection)
        self.shape = C, H, W = _check_shape("PerPixel", shape)
        if bijection.d not in (None, C):
            raise ValueError(f"PerPixel: bijection: expected d = {C}, got {bijection.d}")
        self.bijection, self.d, self.context_size = bijection, C * H * W, bijection.context_size

    def _forward(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        return self._at_pixels("forward", z, context)

    def _inverse(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        return self._at_pixels("inverse", x, context)

    def _at_pixels(self, way: str, points: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        pixels = points.unflatten(-1, self.shape).movedim(-3, -1)  # (*batch, H, W, C)
        context = None if context is None else context[..., None, None, :]
        images, log_abs_det = getattr(self.bijection, way)(pixels, context)
        return images.movedim(-1, -3).flatten(-3), log_abs_det.sum((-2, -1))

    def extra_repr(self) -> str:
        return f"shape={self.shape}"


class Convolution1x1(PerPixel):
    """An invertible 1×1 convolution: x_{·,h,w} = W z_{·,h,w} + b, with W = P L U of shape (C, C).

    Formula: log|det| = H·W·Σ_i s_i, in the letters of ``LULinear``.

    Args:
        shape: (C, H, W).
        generator: draws P, as in ``LULinear``.

    Source: Kingma and Dhariwal, Glow, NeurIPS 2018, section 3.2, equations 9 to 11.
    """

    def __init__(self, shape: Shape, generator: torch.Generator | None = None) -> None:
        super().__init__(LULinear(_check_shape("Convolution1x1", shape)[0], generator), shape)


def _check_shape(name: str, shape: Shape) -> Shape:
    if len(shape) != 3:
        raise ValueError(f"{name}: shape: expected (C, H, W), got {tuple(shape)}")
    check_dimension(f"{name}: shape", *shape)
    C, H, W = shape
    return C, H, W
