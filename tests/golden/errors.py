#!/usr/bin/env python3
"""What may be done after each refusal of the venue: writes venue/errors.txt.

The table is the venue's documentation of its errors sorted by hand, range by range; the script
only unfolds it. One line per case: HTTP status, code, class, text. The classifier's test reads the
lines and knows nothing of the classifier's own table.
"""

import pathlib

HERE = pathlib.Path(__file__).resolve().parent

# Codes that arrive with HTTP 400. "a..b" is a range.
CODES = """
query   -1000 -1001 -1006 -1007
pause   -1002 -1011 -1022 -1099
backoff -1003 -1015
retry   -1008 -1016
final   -1013 -1014 -1020
resync  -1021 -5028
final   -1100..-1106 -1108..-1119 -1128 -1130 -1136
final   -1120 -1121 -1122
retry   -1125
final   -2010
query   -2011 -2013
retry   -2012
pause   -2014 -2015 -2017
final   -2018 -2019 -2024
final   -2020 -2021 -2022
pause   -2023
final   -2025 -2026 -2027 -2028
final   -4001..-4005 -4013 -4014 -4015 -4016 -4021 -4023 -4024 -4028
final   -4045
ok      -4046 -4059 -4171 -4197 -5027
final   -4047 -4048 -4067 -4068 -4161 -4168 -4531
pause   -4060 -4061
final   -4062
final   -4167 -4169 -4170 -4172
pause   -4087 -4088 -4189 -4400 -4401
final   -4105 -4106 -4107
pause   -4109
query   -4116 -4117
final   -4118
final   -4120
final   -4131
final   -4140 -4141 -4142
final   -4164 -5029
pause   -4192
pause   -4202..-4211 -4402 -4403 -4411
final   -5021 -5022
final   -5024 -5025 -5026 -5047
query   -5043
final   -5037..-5041
query   -1 -1107 -1999 -3000 -4006 -9999
"""

# Cases that the status or the text decides.
TEXTS = [
    (503, 0, "query", "Unknown error, please check your request or try again later."),
    (503, -1000, "query", "Unknown error, please check your request or try again later."),
    (503, 0, "retry", "Service Unavailable."),
    (503, 0, "retry", "<html><body><h1>503 Service Unavailable</h1></body></html>"),
    # A failure, say the documents; an order is asked about all the same before it is placed again.
    (503, 0, "query", "Internal error; unable to process your request. Please try again."),
    (503, -1001, "query", "Internal error; unable to process your request. Please try again."),
    (503, -1008, "retry", "Server is currently overloaded with other requests. Please try again."),
    (503, -1016, "retry", "This service is no longer available."),
    (503, 0, "query", ""),
    (503, 0, "query", "a text that nobody has seen"),
    (408, 0, "query", ""),
    (408, -1007, "query", "Timeout waiting for response from backend server."),
    (500, -1000, "query", "An unknown error occurred while processing the request."),
    (502, 0, "query", "<html>502 Bad Gateway</html>"),
    (504, 0, "query", "<html>504 Gateway Time-out</html>"),
    (502, -2019, "query", "Margin is insufficient."),
    (403, 0, "pause", "<html>Forbidden</html>"),
    (401, -2014, "pause", "API-key format invalid."),
    (401, -2015, "pause", "Invalid API-key, IP, or permissions for action."),
    (401, 0, "pause", ""),
    (418, -1003, "backoff", "Way too many requests; IP(1.2.3.4) banned until 1780765249479."),
    (418, 0, "backoff", ""),
    (429, -1003, "backoff", "Too many requests."),
    (429, -1015, "backoff", "Too many new orders."),
    (429, 0, "backoff", ""),
    (400, 0, "query", "<html>"),
    (404, 0, "query", "<html>404 Not Found</html>"),
    (0, 0, "query", ""),
    (200, 0, "ok", ""),
    (200, 200, "ok", "success"),
    (200, -2011, "query", "an element of a batch"),
    (200, -2022, "final", "an element of a batch"),
]


def unfold(word):
    first, _, last = word.partition("..")
    return range(int(first), int(last or first) - 1, -1)


def main():
    lines = [f"{status} {code} {kind} {text}".rstrip() for status, code, kind, text in TEXTS]
    for row in CODES.split("\n"):
        kind, *words = row.split() or [""]
        lines += [f"400 {code} {kind}" for word in words for code in unfold(word)]
    (HERE / "venue" / "errors.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
