#!/usr/bin/env python3
"""What each message in venue/ means, read without the decoders: writes expected.txt beside itself.

One line per message: kind, file, and the meaning as `name=value` pairs in a fixed order. Decimals
are exact (decimal.Decimal) and printed as integers that count units of 1e-8. The decoders' tests
print what they read in the same form and compare the lines.

Run it after a message is added, and read the difference before it is committed.
"""

import json
import pathlib
import re
from decimal import Decimal

HERE = pathlib.Path(__file__).resolve().parent

# The symbols that the tests' table lists, in the order of their ids.
LISTED = ["BTCUSDT", "ETHUSDT", "ETHUSDC", "DOTUSDT", "ADAUSDT"]

FORCED = ("autoclose-", "adl_autoclose", "settlement_autoclose-", "delivery_autoclose-")
KNOWN_EVENTS = {
    "ACCOUNT_CONFIG_UPDATE", "ALGO_UPDATE", "MARGIN_CALL", "STRATEGY_UPDATE", "GRID_UPDATE",
    "CONDITIONAL_ORDER_TRIGGER_REJECT",
}
EXECUTIONS = {"NEW", "TRADE", "CALCULATED", "CANCELED", "EXPIRED", "AMENDMENT"}
STATUSES = {
    "NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED", "EXPIRED_IN_MATCH", "REJECTED",
}
UNIT = Decimal(10) ** 8


def exact(text):
    units = Decimal(text) * UNIT
    assert units == units.to_integral_value(), text
    return int(units)


def cut(text):
    return int(Decimal(text) * UNIT)


def symbol(name):
    return f"{name}#{LISTED.index(name)}" if name in LISTED else f"{name}#-"


def flag(value):
    return "unknown" if value is None else str(int(value))


def known_or_other(word, known):
    return word if word in known else "OTHER"


def pairs(**fields):
    return " ".join(f"{name}={value}" for name, value in fields.items())


def order_update(event):
    o = event["o"]
    forced = o["x"] == "CALCULATED" or o["c"].startswith(FORCED)
    fill = o["x"] in ("TRADE", "CALCULATED") and Decimal(o["l"]) > 0 and o["t"] != 0
    return "order " + pairs(
        symbol=symbol(o["s"]), client=o["c"], side=o["S"], leg=o["ps"],
        execution=known_or_other(o["x"], EXECUTIONS), status=known_or_other(o["X"], STATUSES),
        order=o["i"], trade=o["t"], order_qty=exact(o["q"]), last_qty=exact(o["l"]),
        cumulative_qty=exact(o["z"]), last_price=exact(o["L"]), average=cut(o["ap"]),
        trade_time=o["T"], event_time=event["E"], maker=flag(o["m"]), reduce_only=flag(o["R"]),
        forced=flag(forced), fill=flag(fill))


def account_update(event):
    a = event["a"]
    positions = "".join(f"[{symbol(p['s'])} {p['ps']} {exact(p['pa'])}]" for p in a["P"])
    balances = "".join(f"[{b['a']} {cut(b['wb'])} {cut(b.get('bc', '0'))}]" for b in a["B"])
    return "account " + pairs(
        reason=a["m"], time=event["T"], positions=positions, balances=balances)


def user_event(message):
    event = message
    if "e" not in event:
        event = message.get("data")
    if not isinstance(event, dict) or "e" not in event:
        return "malformed"
    name = event["e"]
    if name == "ORDER_TRADE_UPDATE":
        return order_update(event)
    if name == "ACCOUNT_UPDATE":
        return account_update(event)
    if name == "TRADE_LITE":
        return "trade_lite " + pairs(symbol=event["s"] in LISTED and symbol(event["s"]) or "#-",
                                     trade=event["t"])
    if name == "listenKeyExpired":
        return "expired " + pairs(event_time=int(event["E"]))
    return "other " + pairs(name=name, known=flag(name in KNOWN_EVENTS))


def reply(message):
    identity = message["id"]
    if isinstance(identity, str):
        identity = int(identity) if identity.isdigit() else 0
    error = message.get("error", {})
    line = pairs(id=identity or 0, status=message["status"], code=error.get("code", 0),
                 message=error.get("msg", ""))
    result = message.get("result")
    if isinstance(result, dict) and "orderId" in result:
        line += " " + pairs(
            order=result["orderId"], client=result["clientOrderId"],
            order_status=known_or_other(result["status"], STATUSES),
            order_qty=exact(result["origQty"]), executed_qty=exact(result["executedQty"]),
            average=cut(result.get("avgPrice", "0")), update_time=result.get("updateTime", 0))
    return line


def order(o):
    return "[" + pairs(
        symbol=o["symbol"], order=o["orderId"], client=o["clientOrderId"],
        status=known_or_other(o["status"], STATUSES), order_qty=exact(o["origQty"]),
        executed_qty=exact(o["executedQty"]), average=cut(o.get("avgPrice", "0")),
        time=o.get("time", 0), update_time=o.get("updateTime", 0)) + "]"


def trade(t):
    return "[" + pairs(
        symbol=t["symbol"], trade=t["id"], order=t["orderId"], side=t["side"],
        leg=t["positionSide"], price=exact(t["price"]), qty=exact(t["qty"]), time=t["time"]) + "]"


def position(p):
    return "[" + pairs(symbol=symbol(p["symbol"]), leg=p["positionSide"],
                       qty=exact(p["positionAmt"]), update_time=p["updateTime"]) + "]"


def exchange_symbol(s):
    by_type = {f["filterType"]: f for f in s["filters"]}
    copyable = flag(s["quoteAsset"] in ("USDT", "USDC"))
    wanted = ("PRICE_FILTER", "LOT_SIZE", "MARKET_LOT_SIZE", "MIN_NOTIONAL")
    if s["status"] != "TRADING" or any(w not in by_type for w in wanted):
        return f"[{s['symbol']} copyable={copyable} none]"
    limit, market = by_type["LOT_SIZE"], by_type["MARKET_LOT_SIZE"]
    raised = exact(by_type["MIN_NOTIONAL"]["notional"]) * 101
    return f"[{s['symbol']} copyable={copyable} " + pairs(
        tick=exact(by_type["PRICE_FILTER"]["tickSize"]),
        step=max(exact(limit["stepSize"]), exact(market["stepSize"])),
        min=max(exact(limit["minQty"]), exact(market["minQty"])),
        max=min(exact(limit["maxQty"]), exact(market["maxQty"])),
        min_notional=raised // 100 + (raised % 100 != 0)) + "]"


def exchange(info):
    per_10s, per_minute = 300, 1200
    for row in info.get("rateLimits", []):
        if row["rateLimitType"] == "ORDERS":
            if (row["interval"], row["intervalNum"]) == ("SECOND", 10):
                per_10s = row["limit"]
            if (row["interval"], row["intervalNum"]) == ("MINUTE", 1):
                per_minute = row["limit"]
    return pairs(per_10s=per_10s, per_minute=per_minute) + " " + "".join(
        exchange_symbol(s) for s in info["symbols"])


def permissions(p):
    names = {
        "ip_restrict": "ipRestrict", "reading": "enableReading", "futures": "enableFutures",
        "withdrawals": "enableWithdrawals", "internal_transfer": "enableInternalTransfer",
        "universal_transfer": "permitsUniversalTransfer",
    }
    flags = {ours: flag(p.get(theirs)) for ours, theirs in names.items()}
    return pairs(**flags, expires=p.get("tradingAuthorityExpirationTime", "unknown"))


def error(body, text):
    if not isinstance(body, dict):
        return pairs(code=0, message=text)
    return pairs(code=body["code"], message=body["msg"])


KINDS = [
    (r"wsapi\.", "reply", lambda m, _: reply(m)),
    (r"rest\.all_orders|rest\.open_orders", "orders", lambda m, _: "".join(map(order, m))),
    (r"rest\.order\.|rest\.open_order\.", "one_order", lambda m, _: order(m)),
    (r"rest\.user_trades", "trades", lambda m, _: "".join(map(trade, m))),
    (r"rest\.position_risk", "positions", lambda m, _: "".join(map(position, m))),
    (r"rest\.account_config", "config",
     lambda m, _: pairs(hedge=flag(m["dualSidePosition"]), multi_assets=flag(m["multiAssetsMargin"]),
                        can_trade=flag(m["canTrade"]))),
    (r"rest\.account_v3", "margin", lambda m, _: pairs(balance=cut(m["totalMarginBalance"]))),
    (r"rest\.balance_v3", "alias", lambda m, _: pairs(alias=m[0]["accountAlias"])),
    (r"rest\.listen_key", "listen_key", lambda m, _: m.get("listenKey", "malformed")),
    (r"rest\.time", "time", lambda m, _: pairs(time=m["serverTime"])),
    (r"sapi\.", "permissions", lambda m, _: permissions(m)),
    (r"exchange_info\.symbol", "exchange_row", lambda m, _: exchange({"symbols": [m]})),
    (r"exchange_info", "exchange", lambda m, _: exchange(m)),
    (r"error\.", "error", error),
    (r"", "user", lambda m, _: user_event(m)),
]


def main():
    lines = []
    for path in sorted((HERE / "venue").glob("*.json")):
        if path.name == "signing_vectors.json":
            continue
        text = path.read_text(encoding="utf-8").rstrip("\n")
        message = json.loads(text, parse_float=Decimal)
        kind, meaning = next((k, f) for pattern, k, f in KINDS if re.match(pattern, path.name))
        lines.append(f"{kind} {path.name} {meaning(message, text)}".rstrip())
    (HERE / "expected.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
