"""What each user-data event means, and the helpers that all readers of messages share.

Decimals are exact (decimal.Decimal) and printed as integers that count units of 1e-8.
"""

from decimal import Decimal

# The symbols that the tests' table lists, in the order of their ids.
LISTED = ["BTCUSDT", "ETHUSDT", "ETHUSDC", "DOTUSDT", "ADAUSDT"]

FORCED = ("autoclose-", "adl_autoclose", "settlement_autoclose-", "delivery_autoclose-")
KNOWN_EVENTS = {"STRATEGY_UPDATE", "GRID_UPDATE", "CONDITIONAL_ORDER_TRIGGER_REJECT"}
EXECUTIONS = {"NEW", "TRADE", "CALCULATED", "CANCELED", "EXPIRED", "AMENDMENT"}
STATUSES = {
    "NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED", "EXPIRED_IN_MATCH", "REJECTED",
}
TYPES = {
    "LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET",
    "TRAILING_STOP_MARKET", "LIQUIDATION",
}
TIMES_IN_FORCE = {"GTC", "IOC", "FOK", "GTX", "GTD", "RPI", "GTE_GTC"}
ALGO_STATUSES = {
    "NEW", "CANCELED", "TRIGGERING", "TRIGGERED", "FINISHED", "REJECTED", "EXPIRED",
}
MARGINS = {"cross": "CROSS", "CROSSED": "CROSS", "isolated": "ISOLATED", "ISOLATED": "ISOLATED"}
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


def order_details(o):
    o = {name: value for name, value in o.items() if value is not None}
    return pairs(
        type=known_or_other(o["o"], TYPES), original=known_or_other(o.get("ot", ""), TYPES),
        tif=known_or_other(o["f"], TIMES_IN_FORCE), expiry=o.get("er", "0"),
        close_all=flag(o.get("cp", False)), price=cut(o["p"]), stop=cut(o.get("sp", "0")),
        fee=cut(o.get("n", "0")), fee_asset=o.get("N", ""), realised=cut(o.get("rp", "0")),
        prevention=o.get("V", ""), match=o.get("pm", ""), modify=o.get("M", ""),
        till=o.get("gtd", 0))


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
        forced=flag(forced), fill=flag(fill)) + " " + order_details(o)


def position_row(p):
    numbers = " ".join(str(cut(p.get(name, "0"))) for name in ("ep", "bep", "cr", "up", "iw"))
    margin = MARGINS.get(p.get("mt"), "UNKNOWN")
    return (f"[{symbol(p['s'])} {p['ps']} {exact(p['pa'])} {numbers} {margin} "
            f"{p.get('ma', '')}]")


def balance_row(b):
    return f"[{b['a']} {cut(b['wb'])} {cut(b.get('cw', '0'))} {cut(b.get('bc', '0'))}]"


def account_update(event):
    a = event["a"]
    return "account " + pairs(
        reason=a["m"], symbol=a.get("S", ""), time=event["T"], event_time=event["E"],
        positions="".join(map(position_row, a["P"])), balances="".join(map(balance_row, a["B"])))


def trade_lite(e):
    return "trade_lite " + pairs(
        symbol=symbol(e["s"]), client=e["c"], side=e["S"], order=e["i"], trade=e["t"],
        order_qty=exact(e["q"]), order_price=exact(e["p"]), last_qty=exact(e["l"]),
        last_price=exact(e["L"]), trade_time=e["T"], event_time=e["E"], maker=flag(e["m"]),
        forced=flag(e["c"].startswith(FORCED)))


def account_config(event):
    change = event.get("ac", {})
    return "config " + pairs(
        symbol=symbol(change["s"]) if change else "#-", leverage=change.get("l", 0),
        multi_assets=flag(event.get("ai", {}).get("j")), time=event["T"], event_time=event["E"])


def margin_call(event):
    rows = "".join(
        f"[{symbol(p['s'])} {p['ps']} {exact(p['pa'])} {MARGINS.get(p['mt'], 'UNKNOWN')} "
        f"{cut(p['iw'])} {cut(p['mp'])} {cut(p['up'])} {cut(p['mm'])}]" for p in event["p"])
    wallet = cut(event["cw"]) if "cw" in event else "unknown"
    return "margin_call " + pairs(cross_wallet=wallet, event_time=event["E"], rows=rows)


def algo_update(event):
    o = event["o"]
    return "algo " + pairs(
        client=o["caid"], algo=o["aid"], symbol=symbol(o["s"]), side=o["S"], leg=o["ps"],
        type=known_or_other(o["o"], TYPES), actual=known_or_other(o.get("act", ""), TYPES),
        tif=known_or_other(o["f"], TIMES_IN_FORCE), status=known_or_other(o["X"], ALGO_STATUSES),
        order=int(o["ai"] or 0), qty=exact(o["q"]), executed=exact(o.get("aq", "0")),
        average=cut(o.get("ap", "0")), trigger=cut(o["tp"]), price=cut(o["p"]),
        trigger_time=o["tt"], reduce_only=flag(o["R"]), close_all=flag(o["cp"]),
        activated=flag(o.get("ia", False)), reason=o.get("rm", ""), time=event["T"],
        event_time=event["E"])


EVENTS = {
    "ORDER_TRADE_UPDATE": order_update, "ACCOUNT_UPDATE": account_update,
    "TRADE_LITE": trade_lite, "ACCOUNT_CONFIG_UPDATE": account_config,
    "MARGIN_CALL": margin_call, "ALGO_UPDATE": algo_update,
    "listenKeyExpired": lambda e: "expired " + pairs(event_time=int(e["E"]), key=e["listenKey"]),
}


def user_event(message):
    event = message
    if "e" not in event:
        event = message.get("data")
    if not isinstance(event, dict) or "e" not in event:
        return "malformed"
    name = event["e"]
    if name in EVENTS:
        meaning = EVENTS[name](event)
    else:
        meaning = "other " + pairs(name=name, known=flag(name in KNOWN_EVENTS))
    key = message["stream"].partition("@")[0] if "stream" in message else ""
    return f"{meaning} stream={key}"
