"""Students that tell a teacher's feature maps, and the image itself, from a narrow code of what is ordinary."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, pixel_shuffle, relu

__all__ = ["Student"]

#: Channels of the code at stride 16, and of the decoder.
CODE, DECODER = 64, 48
#: Numbers that a whole image is squeezed through.
WHOLE_CODE, WHOLE_CHANNELS = 64, 16


class Student(nn.Module):
    """Feature maps at strides 4, 8 and 16 -> a narrow code -> the same maps again, and the image at half size.

    Parameters
    ----------
    widths : channels of the three maps.
    channels : of the image, 1 or 3.
    whole : ``(width, height)`` of the network's input for a code of the image as a whole, which knows what belongs
        where; None for a code at every 16th pixel, which knows fragments only and works at any size.

    Source: Deng & Li, "Anomaly detection via reverse distillation from one-class embedding" (2022), with a plain
    narrow code; the picture and the code of the whole image are ours.
    """

    def __init__(self, widths: list[int], channels: int, whole: tuple[int, int] | None) -> None:
        super().__init__()
        middle, deep = widths[1], widths[2]
        self.enter = nn.Conv2d(middle + deep, CODE, 1)
        self.mix = nn.Conv2d(CODE, CODE, 3, padding=1)
        self.squeeze: nn.Module = nn.Identity() if whole is None else Squeeze(whole)
        self.decode16 = nn.Conv2d(CODE, CODE, 3, padding=1)
        self.decode8 = nn.Conv2d(CODE, CODE, 3, padding=1)
        self.decode4 = nn.Conv2d(CODE, DECODER, 3, padding=1)
        self.tell16 = nn.Conv2d(CODE, deep, 1)
        self.tell8 = nn.Conv2d(CODE, middle, 1)
        self.tell4 = nn.Conv2d(DECODER, widths[0], 1)
        self.paint = nn.Conv2d(DECODER, 4 * channels, 3, padding=1)

    def forward(self, maps: list[Tensor]) -> tuple[list[Tensor], Tensor]:
        """The three maps as the student expects them, and the picture ``(B, channels, H / 2, W / 2)``."""
        code = self.enter(torch.cat([avg_pool2d(maps[1], 2), maps[2]], 1))
        code = self.squeeze(code + relu(self.mix(relu(code))))
        deep = code + relu(self.decode16(code))
        middle = relu(self.decode8(_doubled(deep)))
        fine = relu(self.decode4(_doubled(middle)))
        picture = torch.sigmoid(pixel_shuffle(self.paint(fine), 2))
        return [self.tell4(fine), self.tell8(middle), self.tell16(deep)], picture


class Squeeze(nn.Module):
    """A map at stride 16 -> a few numbers for the whole image -> a map again."""

    def __init__(self, whole: tuple[int, int]) -> None:
        super().__init__()
        self.rows, self.columns = whole[1] // 32, whole[0] // 32
        cells = WHOLE_CHANNELS * self.rows * self.columns
        self.narrow = nn.Conv2d(CODE, WHOLE_CHANNELS, 1)
        self.down = nn.Linear(cells, WHOLE_CODE)
        self.up = nn.Linear(WHOLE_CODE, cells)
        self.widen = nn.Conv2d(WHOLE_CHANNELS, CODE, 1)

    def forward(self, code: Tensor) -> Tensor:
        narrow = relu(self.narrow(avg_pool2d(code, 2)))
        restored = relu(self.up(self.down(narrow.flatten(1))))
        grid = restored.reshape(-1, WHOLE_CHANNELS, self.rows, self.columns)
        widened: Tensor = self.widen(_doubled(grid))
        return widened


def _doubled(maps: Tensor) -> Tensor:
    return interpolate(maps, scale_factor=2.0, mode="bilinear", align_corners=False)
