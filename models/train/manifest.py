"""What every network's manifest.toml tells the edge."""

# To be filled in by `str.format`, after a comment that says who wrote it and before the network's own sections.
NETWORK = """\
file = "{file}"
sha256 = "{sha256}"
labels = ["not_police", "police"]

[input]
shape = [1, 3, {side}, {side}]
layout = "NCHW RGB"
scaling = "x / 127.5 - 1"
# Exif orientation applied, aspect ratio not kept; the filter's support grows with the reduction.
resize = "upright, squashed, antialiased bilinear"

[output]
name = "police"
shape = [1, 1]
# Sigmoid and calibration are inside the network.
meaning = "calibrated probability that a police vehicle, police motorcycle or uniformed officer is in the picture"

# At or above `police`: police. At or below `not_police`: not police. Between them: unsure.
[thresholds]
police = {police:.3f}
not_police = {not_police:.3f}

"""
