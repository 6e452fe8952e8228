"""Draws the demo's two sample photos, police-car.jpg and street.jpg, beside this file. Needs Pillow and numpy.

Nothing here is a photo or made from one, so both pictures may be shipped. The classifier never learns from them;
their verdict is shown as it falls.
"""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

WIDTH, HEIGHT, SCALE = 640, 480, 4
HORIZON, KERB, ROAD = 250, 322, 336


class Scene:
    """A canvas in the final picture's pixels, drawn SCALE times larger."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE))

    def shape(self, kind, points, fill, blur=0.0, **more):
        """`fill` is a colour, with an optional fourth number for opacity, or a pair of them from top to bottom."""
        flat = [(x * SCALE, y * SCALE) for x, y in points]
        mask = Image.new("L", self.image.size)
        if "radius" in more:
            more["radius"] *= SCALE
        if "width" in more:
            more["width"] = round(more["width"] * SCALE)
        getattr(ImageDraw.Draw(mask), kind)(flat, fill=255, **more)
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur * SCALE))
        box = mask.getbbox()
        if not box:
            return
        mask = mask.crop(box)
        two = isinstance(fill[0], tuple)
        top, bottom = (fill[0], fill[1]) if two else (fill, fill)
        opacity = (top[3] if len(top) > 3 else 255) / 255
        ramp = np.linspace(np.array(top[:3], float), np.array(bottom[:3], float), mask.height)
        paint = np.repeat(ramp[:, None], mask.width, 1).round().astype(np.uint8)
        if opacity < 1:
            mask = mask.point(lambda value: round(value * opacity))
        self.image.paste(Image.fromarray(paint), box[:2], mask)

    def polygon(self, points, fill, blur=0.0):
        self.shape("polygon", points, fill, blur)

    def box(self, left, top, right, bottom, fill, blur=0.0, radius=None):
        if radius is None:
            self.shape("rectangle", [(left, top), (right, bottom)], fill, blur)
        else:
            self.shape("rounded_rectangle", [(left, top), (right, bottom)], fill, blur, radius=radius)

    def disc(self, x, y, across, fill, blur=0.0, down=None):
        down = across if down is None else down
        self.shape("ellipse", [(x - across, y - down), (x + across, y + down)], fill, blur)

    def line(self, points, fill, width, blur=0.0):
        self.shape("line", points, fill, blur, width=width, joint="curve")

    def text(self, x, y, words, size, fill, slant=0.0, spacing=0.0):
        font = ImageFont.load_default(size * SCALE)
        left = x * SCALE
        for letter in words:
            box = font.getbbox(letter)
            wide, tall = max(1, box[2] + 8 * SCALE), max(1, box[3] + 4 * SCALE)
            mask = Image.new("L", (round(wide), round(tall)))
            ImageDraw.Draw(mask).text((0, 0), letter, font=font, fill=255, stroke_width=SCALE // 2)
            if slant:
                mask = mask.transform(mask.size, Image.Transform.AFFINE, (1, slant, 0, 0, 1, 0))
            self.image.paste(fill, (round(left), round(y * SCALE)), mask)
            left += font.getlength(letter) + spacing * SCALE

    def photo(self, focus):
        """What a phone's lens and sensor add: softness away from the subject, falling light, grain, JPEG."""
        small = self.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        soft = small.filter(ImageFilter.GaussianBlur(1.4))
        mask = Image.new("L", small.size)
        ImageDraw.Draw(mask).rectangle((0, focus[0], WIDTH, focus[1]), fill=255)
        small = Image.composite(small.filter(ImageFilter.GaussianBlur(0.45)), soft, mask.filter(ImageFilter.GaussianBlur(14)))
        glow = small.point(lambda value: max(0, value - 200) * 3).filter(ImageFilter.GaussianBlur(9))
        small = ImageChops.screen(small, glow.point(lambda value: value // 4))
        pixels = np.asarray(small, dtype=float)
        y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
        pixels *= (1 - 0.16 * (x**2 + y**2) ** 1.2)[..., None]
        grain = np.asarray(
            Image.fromarray(self.rng.normal(128, 26, (HEIGHT, WIDTH)).clip(0, 255).astype(np.uint8)).filter(
                ImageFilter.GaussianBlur(0.6)
            ),
            dtype=float,
        )
        pixels += ((grain - grain.mean()) * 0.35)[..., None] + self.rng.normal(0, 1.6, pixels.shape)
        return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def backdrop(scene, sky, wall_colours, sunny):
    """Sky, a row of houses, pavement, kerb and road."""
    rng = scene.rng
    scene.box(0, 0, WIDTH, HORIZON + 60, sky)
    for _ in range(26):
        x, y = rng.uniform(-40, 680), rng.uniform(5, 95)
        scene.disc(x, y, rng.uniform(20, 70), (255, 255, 255, 38), blur=9, down=rng.uniform(5, 14))
    left = -20.0
    for index, colour in enumerate(wall_colours):
        right = left + rng.uniform(120, 175)
        top = rng.uniform(38, 110)
        house(scene, left, top, right, colour, shop=index % 2 == 0)
        left = right
    scene.box(0, 298, WIDTH, KERB, ((168, 163, 154), (150, 146, 138)))
    for x in range(-60, 760, 52):
        scene.line([(x, 298), (x - 26, KERB)], (122, 118, 112), 0.8)
    scene.box(0, KERB, WIDTH, ROAD, ((188, 184, 176), (108, 105, 100)))
    scene.box(0, ROAD, WIDTH, HEIGHT, ((84, 85, 89), (58, 59, 63)))
    for _ in range(2600):
        x, y = rng.uniform(0, WIDTH), rng.uniform(ROAD, HEIGHT)
        shade = int(rng.uniform(40, 118))
        size = rng.uniform(0.3, 0.9) * (0.5 + (y - ROAD) / 140)
        scene.disc(x, y, size, (shade, shade, shade + 3, 120), down=size * 0.5)
    for _ in range(7):
        x, y = rng.uniform(0, WIDTH), rng.uniform(ROAD + 8, HEIGHT - 8)
        trace = [(x + step * 22, y + rng.normal(0, 1.6)) for step in range(int(rng.integers(3, 9)))]
        scene.line(trace, (46, 46, 50, 150), 1.1, blur=0.3)
    for x in range(-30, 760, 150):
        scene.polygon([(x, 448), (x + 80, 448), (x + 74, 455), (x - 8, 455)], (214, 205, 176, 215), blur=0.4)
    if sunny:
        scene.polygon([(0, 298), (640, 298), (640, 312), (0, 306)], (30, 32, 44, 70), blur=4)


def house(scene, left, top, right, colour, shop):
    rng = scene.rng
    dark = tuple(max(0, part - 42) for part in colour)
    scene.box(left, top, right, 298, (colour, tuple(max(0, part - 22) for part in colour)))
    for y in np.arange(top + 5, 298, 4.2):
        scene.line([(left, y), (right, y)], (*dark, 46), 0.5)
    scene.box(left - 2, top - 7, right + 2, top + 3, (tuple(min(255, part + 22) for part in colour), dark))
    for floor in np.arange(top + 20, 205, 46):
        for x in np.arange(left + 16, right - 26, 36):
            scene.box(x - 3, floor - 3, x + 22, floor + 31, (232, 228, 218))
            scene.box(x, floor, x + 19, floor + 27, ((104, 132, 158), (38, 48, 60)))
            if rng.random() < 0.5:
                scene.box(x, floor, x + 19, floor + rng.uniform(6, 17), (226, 219, 202, 205))
            scene.line([(x, floor + 13), (x + 19, floor + 13)], (220, 216, 206), 1.1)
            scene.line([(x + 9.5, floor), (x + 9.5, floor + 27)], (220, 216, 206), 1.1)
            scene.box(x - 5, floor + 31, x + 24, floor + 34, ((214, 208, 196), dark))
    if shop:
        awning = [(150, 44, 42), (40, 92, 76), (46, 70, 122)][int(rng.integers(3))]
        scene.box(left + 8, 238, right - 8, 298, ((58, 72, 84), (24, 28, 32)))
        for _ in range(16):
            x, y = rng.uniform(left + 12, right - 18), rng.uniform(252, 290)
            glow = [(214, 172, 98), (120, 140, 148), (180, 92, 70)][int(rng.integers(3))]
            scene.box(x, y, x + rng.uniform(3, 9), y + rng.uniform(4, 12), (*glow, 115), blur=0.8)
        for x in np.arange(left + 8, right - 8, 38):
            scene.line([(x, 238), (x, 298)], (42, 40, 38), 2)
        scene.polygon([(left + 6, 226), (right - 6, 226), (right + 2, 246), (left - 2, 246)], (awning, tuple(int(part * 0.7) for part in awning)))
        for x in np.arange(left + 6, right - 12, 16):
            scene.polygon([(x, 226), (x + 8, 226), (x + 7, 246), (x - 1, 246)], (236, 230, 218, 190))
    else:
        middle = (left + right) / 2
        scene.box(middle - 15, 234, middle + 15, 298, (224, 218, 206))
        scene.box(middle - 11, 238, middle + 11, 298, ((92, 56, 38), (58, 34, 24)))
        scene.disc(middle + 7, 270, 1.4, (222, 190, 96))
        for x in (left + 12, right - 44):
            scene.box(x, 240, x + 32, 280, (228, 224, 214))
            scene.box(x + 3, 243, x + 29, 277, ((98, 124, 148), (36, 44, 54)))


def tree(scene, x, foot, height):
    rng = scene.rng
    scene.disc(x, foot + 1, 34, (34, 34, 36, 120), blur=4, down=5)
    scene.polygon([(x - 6, foot), (x + 6, foot), (x + 3, foot - height * 0.6), (x - 3, foot - height * 0.6)], ((92, 74, 58), (62, 48, 38)))
    for reach in (-24, 18, -8, 30):
        scene.line([(x, foot - height * 0.42), (x + reach, foot - height * 0.7)], (74, 58, 46), 3)
    leaves = []
    for _ in range(520):
        angle, spread = rng.uniform(0, 2 * np.pi), np.sqrt(rng.uniform(0, 1))
        leaves.append((x + np.cos(angle) * spread * 62, foot - height * 0.82 + np.sin(angle) * spread * 50))
    for leaf_x, leaf_y in sorted(leaves, key=lambda leaf: -leaf[1]):
        lit = np.clip((foot - height * 0.6 - leaf_y) / 90 + rng.uniform(-0.25, 0.25), 0, 1)
        shade = (int(38 + 82 * lit), int(66 + 92 * lit), int(30 + 34 * lit))
        scene.disc(leaf_x, leaf_y, rng.uniform(3, 8), (*shade, 225), blur=0.25, down=rng.uniform(2.5, 6))


def wheel(scene, x, y, radius):
    scene.disc(x, y, radius, (20, 20, 22))
    scene.disc(x, y, radius * 0.98, (38, 38, 41), blur=0.8, down=radius * 0.98)
    scene.disc(x, y, radius * 0.68, (24, 24, 26))
    scene.disc(x, y, radius * 0.62, ((186, 188, 192), (98, 100, 105)))
    for spoke in range(10):
        angle = spoke * np.pi / 5 + 0.2
        scene.disc(x + np.cos(angle) * radius * 0.42, y + np.sin(angle) * radius * 0.42, radius * 0.095, (34, 34, 38))
    scene.disc(x, y, radius * 0.2, ((214, 216, 220), (120, 122, 126)))


def curve(*points, steps=14):
    """A smooth line through the points (Catmull-Rom)."""
    points = [points[0], *points, points[-1]]
    out = []
    for before, start, end, after in zip(points, points[1:], points[2:], points[3:]):
        for t in np.linspace(0, 1, steps, endpoint=False):
            weights = (-0.5 * t + t**2 - 0.5 * t**3, 1 - 2.5 * t**2 + 1.5 * t**3, 0.5 * t + 2 * t**2 - 1.5 * t**3, -0.5 * t**2 + 0.5 * t**3)
            out.append(tuple(sum(weight * point[axis] for weight, point in zip(weights, (before, start, end, after))) for axis in (0, 1)))
    return [*out, points[-1]]


def patrol_car(scene):
    """A black-and-white saloon with push bar and light bar, seen from its side, its nose to the left."""
    black, white = ((44, 46, 52), (14, 15, 18)), ((250, 250, 248), (196, 200, 204))
    ground = 408
    scene.disc(322, ground + 1, 262, (14, 14, 18, 215), blur=6, down=13)
    body = curve((68, 372), (64, 350), (70, 330), (90, 317), (140, 308), (198, 301), (228, 296)) + curve(
        (228, 296), (440, 294), (500, 298), (556, 306), (577, 316), (582, 344), (578, 372), (566, 384)
    ) + curve((566, 384), (440, 390), (200, 390), (86, 386), (68, 372))
    scene.polygon(body, black)
    cabin = curve((212, 302), (252, 266), (282, 248), (318, 241), (388, 240), (432, 247), (470, 270), (504, 300))
    scene.polygon(cabin, ((246, 247, 246), (206, 210, 214)))
    windows = [
        curve((232, 299), (258, 271), (286, 254), (316, 249), steps=8) + [(316, 299)],
        [(323, 248), (385, 247), (389, 298), (323, 299)],
        curve((393, 248), (426, 254), (452, 271), (470, 297), steps=8) + [(396, 298)],
    ]
    for points in windows:
        scene.polygon(points, ((112, 136, 156), (26, 32, 40)))
        scene.line([*points, points[0]], (12, 12, 14), 1.6)
    scene.polygon([(268, 297), (292, 258), (300, 255), (280, 297)], (236, 244, 250, 70), blur=0.6)
    scene.polygon([(336, 297), (352, 249), (364, 249), (348, 297)], (236, 244, 250, 60), blur=0.6)
    for x in (283, 412):
        scene.box(x - 9, 274, x + 9, 299, (14, 16, 20, 180), blur=1.2, radius=4)
    # The white doors, their shut lines and handles.
    doors = curve((226, 303), (320, 301), (462, 301), steps=6) + curve((462, 301), (468, 330), (448, 374), (440, 385), steps=6) + curve((440, 385), (330, 388), (226, 387), steps=6) + curve((226, 387), (222, 350), (226, 303), steps=6)
    scene.polygon(doors, white)
    scene.polygon([(222, 342), (464, 340), (461, 346), (222, 348)], (255, 255, 255, 120), blur=1.5)
    for line in ([(228, 304), (224, 346), (229, 386)], [(320, 300), (322, 387)], [(392, 300), (394, 352), (440, 383)]):
        scene.line(line, (70, 74, 80), 1.1)
    for x in (298, 372):
        scene.box(x, 317, x + 18, 321.5, ((226, 228, 230), (120, 124, 128)), radius=2)
    # Words, shield and number, as on no real city's cars.
    scene.text(243, 325, "POLICE", 29, (18, 34, 92), slant=0.16, spacing=1.4)
    scene.text(252, 362, "TO SERVE", 8, (40, 46, 70), spacing=0.6)
    shield = [(412, 324), (422, 328), (432, 324), (431, 344), (422, 356), (413, 344)]
    scene.polygon(shield, ((222, 182, 74), (168, 124, 34)))
    scene.disc(422, 338, 6, (24, 42, 104))
    scene.text(498, 318, "5501", 15, (236, 238, 240), spacing=0.5)
    scene.line(curve((76, 336), (140, 322), (222, 314)), (112, 116, 126, 160), 1.4, blur=0.6)
    scene.line(curve((466, 312), (530, 314), (574, 322)), (112, 116, 126, 160), 1.4, blur=0.6)
    scene.line([(84, 384), (560, 384)], (8, 8, 10), 5)
    # Nose: head lamp, grille edge, push bar. Tail: lamp, bumper.
    scene.polygon(curve((72, 334), (92, 322), (116, 319), (106, 334), (78, 342), steps=6), ((250, 252, 255), (170, 184, 198)))
    scene.disc(94, 330, 5, (255, 255, 250))
    scene.polygon([(54, 326), (61, 326), (64, 384), (57, 384)], ((60, 62, 68), (20, 20, 24)))
    scene.line([(60, 342), (76, 342)], (30, 30, 34), 4)
    scene.line([(62, 370), (76, 372)], (30, 30, 34), 4)
    scene.polygon(curve((560, 313), (578, 320), (581, 342), (566, 338), steps=6), ((214, 44, 40), (132, 16, 18)))
    scene.box(562, 356, 586, 374, ((54, 56, 62), (20, 20, 24)), radius=5)
    scene.box(204, 288, 226, 301, ((40, 42, 48), (12, 12, 14)), radius=4)
    scene.disc(242, 290, 5, ((226, 230, 234), (96, 98, 104)))
    for x, radius in ((148, 38), (494, 38)):
        scene.disc(x, 374, radius + 7, (8, 8, 10))
        wheel(scene, x, 374, radius - 2)
    light_bar(scene, 312, 400, 240)


def light_bar(scene, left, right, foot):
    scene.box(left + 12, foot - 5, left + 20, foot + 3, (22, 22, 26))
    scene.box(right - 20, foot - 5, right - 12, foot + 3, (22, 22, 26))
    top, bottom, middle = foot - 19, foot - 4, (left + right) / 2
    scene.box(left, top, right, bottom, ((50, 52, 58), (18, 18, 22)), radius=5)
    for start, end, bright, deep in (
        (left + 2, middle - 9, (255, 96, 84), (198, 12, 20)),
        (middle + 9, right - 2, (116, 168, 255), (18, 52, 208)),
    ):
        scene.box(start, top + 1.5, end, bottom - 2, (bright, deep), radius=4)
        for x in np.linspace(start + 6, end - 6, 4):
            scene.disc(x, (top + bottom) / 2, 2.6, (255, 246, 240, 190), blur=0.7)
    scene.box(middle - 8, top + 2, middle + 8, bottom - 2, ((250, 250, 246), (190, 194, 200)), radius=2)
    scene.disc(left + 20, top + 6, 46, (255, 40, 40, 70), blur=15, down=30)
    scene.disc(right - 20, top + 6, 46, (40, 90, 255, 80), blur=15, down=30)
    scene.disc(left - 30, 418, 70, (255, 40, 40, 34), blur=14, down=10)
    scene.disc(right + 40, 418, 70, (50, 90, 255, 40), blur=14, down=10)


def delivery_van(scene):
    """A plain cream van with a green stripe, its nose to the left."""
    paint = ((238, 232, 216), (186, 178, 160))
    scene.disc(318, 411, 244, (14, 14, 18, 210), blur=6, down=12)
    body = curve((84, 384), (80, 352), (92, 322), (128, 306), (164, 252), (184, 222), (206, 212)) + curve(
        (206, 212), (360, 207), (520, 208), (544, 216), (550, 250), (552, 340), (550, 386)
    ) + [(84, 390)]
    scene.polygon(body, paint)
    scene.polygon(curve((140, 305), (170, 258), (190, 230), (204, 226), steps=8) + [(250, 226), (252, 300), (150, 308)], ((124, 150, 170), (30, 38, 46)))
    scene.line([(172, 306), (202, 226)], (206, 200, 186), 5)
    scene.polygon([(214, 300), (236, 228), (246, 228), (228, 300)], (240, 246, 250, 70), blur=0.8)
    scene.disc(196, 284, 11, (18, 20, 24, 150), blur=2, down=16)
    scene.polygon([(92, 338), (552, 326), (552, 346), (88, 356)], ((70, 126, 88), (40, 86, 58)))
    for line in ([(176, 308), (172, 388)], [(256, 224), (258, 388)], [(392, 214), (394, 388)], [(260, 222), (392, 218)]):
        scene.line(line, (128, 120, 104), 1.2)
    scene.box(236, 314, 252, 319, (70, 66, 60), radius=2)
    scene.box(266, 314, 282, 319, (70, 66, 60), radius=2)
    scene.text(414, 258, "FRESH", 22, (48, 92, 62), spacing=1)
    scene.text(414, 284, "BREAD DAILY", 10, (48, 92, 62), spacing=0.8)
    scene.disc(330, 270, 26, (214, 158, 84))
    for offset in (-12, -2, 8):
        scene.line([(330 + offset - 5, 260), (330 + offset + 6, 278)], (150, 92, 40), 3, blur=0.5)
    scene.polygon(curve((84, 346), (98, 326), (118, 318), (112, 340), (90, 352), steps=6), ((252, 252, 250), (176, 186, 196)))
    scene.box(76, 366, 150, 390, ((84, 84, 88), (40, 40, 44)), radius=6)
    scene.box(92, 372, 122, 383, (236, 234, 220))
    scene.box(540, 300, 553, 330, ((206, 52, 44), (140, 20, 20)), radius=3)
    scene.box(146, 262, 160, 292, ((48, 48, 52), (20, 20, 22)), radius=4)
    scene.line([(180, 389), (540, 389)], (36, 34, 34), 5)
    for x in (176, 474):
        scene.disc(x, 380, 38, (28, 26, 26))
        wheel(scene, x, 382, 31)


def lamp_post(scene, x):
    scene.line([(x, 318), (x, 60)], (58, 62, 66), 4.4)
    scene.line(curve((x, 62), (x + 8, 46), (x + 42, 42)), (58, 62, 66), 3.2)
    scene.box(x + 34, 39, x + 56, 46, ((70, 74, 78), (226, 222, 200)), radius=2)
    scene.box(x - 5, 296, x + 5, 320, (46, 50, 54))


def save(image, name):
    path = Path(__file__).with_name(name)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=86, optimize=True)
    path.write_bytes(buffer.getvalue())
    print(f"{name}: {len(buffer.getvalue())} bytes")


def main():
    scene = Scene(1)
    backdrop(scene, ((122, 158, 200), (214, 222, 226)), [(158, 96, 78), (196, 178, 148), (138, 112, 98), (172, 160, 150), (150, 88, 72)], sunny=True)
    lamp_post(scene, 596)
    patrol_car(scene)
    save(scene.photo((215, 425)), "police-car.jpg")

    scene = Scene(5)
    backdrop(scene, ((110, 162, 214), (222, 230, 230)), [(204, 186, 150), (164, 104, 84), (184, 178, 166), (148, 122, 104), (190, 164, 128)], sunny=True)
    lamp_post(scene, 40)
    tree(scene, 580, 320, 190)
    delivery_van(scene)
    save(scene.photo((190, 425)), "street.jpg")


if __name__ == "__main__":
    main()
