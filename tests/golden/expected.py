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

from expected_events import (
    ALGO_STATUSES, MARGINS, STATUSES, TIMES_IN_FORCE, TYPES, cut, exact, flag, known_or_other,
    pairs, symbol, user_event)

HERE = pathlib.Path(__file__).resolve().parent


def used(rows):
    counts = {}
    for row in rows:
        name = (row["rateLimitType"], row["interval"], row["intervalNum"])
        if row["count"] >= 0:
            counts[name] = row["count"]
    return "/".join(str(counts.get(name, -1)) for name in (
        ("REQUEST_WEIGHT", "MINUTE", 1), ("ORDERS", "SECOND", 10), ("ORDERS", "MINUTE", 1)))


def order_state(o):
    return pairs(
        order=o["orderId"], client=o["clientOrderId"],
        order_status=known_or_other(o["status"], STATUSES), order_qty=exact(o["origQty"]),
        executed_qty=exact(o["executedQty"]), average=cut(o.get("avgPrice", "0")),
        update_time=o.get("updateTime", 0))


def reply(message):
    if "status" not in message:
        return "malformed"
    identity = message["id"]
    if isinstance(identity, str):
        identity = int(identity) if identity.isdigit() else 0
    error = message.get("error", {})
    line = pairs(id=identity or 0, status=message["status"], code=error.get("code", 0),
                 message=error.get("msg", ""), used=used(message.get("rateLimits", [])))
    result = message.get("result")
    if isinstance(result, dict) and "orderId" in result:
        line += " " + order_state(result)
    return line


def rest_reply(o):
    line = pairs(id=0, status=400 if "code" in o else 200, code=o.get("code", 0),
                 message=o.get("msg", ""), used="-1/-1/-1")
    return line + " " + order_state(o) if "orderId" in o else line


def order(o):
    return "[" + pairs(
        symbol=o["symbol"], order=o["orderId"], client=o["clientOrderId"],
        status=known_or_other(o["status"], STATUSES), order_qty=exact(o["origQty"]),
        executed_qty=exact(o["executedQty"]), average=cut(o.get("avgPrice", "0")),
        time=o.get("time", 0), update_time=o.get("updateTime", 0), side=o["side"],
        leg=o.get("positionSide", "unknown"), type=known_or_other(o["type"], TYPES),
        original=known_or_other(o.get("origType", ""), TYPES),
        tif=known_or_other(o["timeInForce"], TIMES_IN_FORCE), reduce_only=flag(o["reduceOnly"]),
        close_all=flag(o.get("closePosition", False)), price=cut(o["price"]),
        stop=cut(o.get("stopPrice", "0"))) + "]"


def income(i):
    return "[" + pairs(
        type=i["incomeType"], asset=i["asset"], amount=cut(i["income"]), time=i["time"],
        tran=i["tranId"]) + "]"


def trade(t):
    return "[" + pairs(
        symbol=t["symbol"], trade=t["id"], order=t["orderId"], side=t["side"],
        leg=t["positionSide"], price=exact(t["price"]), qty=exact(t["qty"]), time=t["time"],
        maker=flag(t["maker"]), realised=cut(t["realizedPnl"]), fee=cut(t["commission"]),
        fee_asset=t["commissionAsset"]) + "]"


def cuts(row, **names):
    return {ours: cut(row.get(theirs, "0")) for ours, theirs in names.items()}


def position(p):
    return "[" + pairs(
        symbol=symbol(p["symbol"]), leg=p["positionSide"], qty=exact(p["positionAmt"]),
        update_time=p["updateTime"],
        **cuts(p, entry="entryPrice", even="breakEvenPrice", mark="markPrice",
               liquidation="liquidationPrice", unrealised="unRealizedProfit",
               notional="notional", isolated="isolatedWallet"),
        asset=p.get("marginAsset", ""), margin=MARGINS.get(p.get("marginType"), "UNKNOWN"),
        leverage=int(p.get("leverage", 0))) + "]"


def account(a):
    assets = "".join(
        "[" + pairs(asset=row["asset"], update_time=row.get("updateTime", 0), **cuts(
            row, wallet="walletBalance", cross="crossWalletBalance", unrealised="unrealizedProfit",
            margin="marginBalance", available="availableBalance")) + "]" for row in a["assets"])
    positions = "".join(
        "[" + pairs(symbol=symbol(p["symbol"]), leg=p["positionSide"],
                    qty=exact(p["positionAmt"]), update_time=p.get("updateTime", 0),
                    **cuts(p, unrealised="unrealizedProfit", notional="notional",
                           isolated="isolatedWallet")) + "]" for p in a["positions"])
    return pairs(
        **cuts(a, wallet="totalWalletBalance", cross="totalCrossWalletBalance",
               unrealised="totalUnrealizedProfit", margin="totalMarginBalance",
               initial="totalInitialMargin", maintenance="totalMaintMargin",
               available="availableBalance"),
        can_trade=flag(a.get("canTrade")), assets=assets, positions=positions)


def account_row(p):
    return account({"totalWalletBalance": "0", "totalMarginBalance": "0", "assets": [],
                    "positions": [p]})


def balance(b):
    return "[" + pairs(
        alias=b["accountAlias"], asset=b["asset"], update_time=b["updateTime"],
        **cuts(b, balance="balance", cross="crossWalletBalance", unrealised="crossUnPnl",
               available="availableBalance")) + "]"


def algo_order(o):
    return "[" + pairs(
        symbol=o["symbol"], algo=o["algoId"], client=o["clientAlgoId"], side=o["side"],
        leg=o["positionSide"], type=known_or_other(o["orderType"], TYPES),
        tif=known_or_other(o["timeInForce"], TIMES_IN_FORCE),
        status=known_or_other(o["algoStatus"], ALGO_STATUSES), reduce_only=flag(o["reduceOnly"]),
        close_all=flag(o["closePosition"]), activated=flag(o.get("isActivated", False)),
        qty=exact(o["quantity"]), trigger=cut(o["triggerPrice"]), price=cut(o["price"]),
        order=int(o.get("actualOrderId") or 0),
        actual=known_or_other(o.get("actualType", ""), TYPES),
        average=cut(o.get("actualPrice", "0")), executed=exact(o.get("actualQty", "0")),
        create_time=o["createTime"], update_time=o["updateTime"],
        trigger_time=o["triggerTime"]) + "]"


def symbol_config(c):
    return "[" + pairs(
        symbol=symbol(c["symbol"]), margin=MARGINS[c["marginType"]],
        auto_add=flag(c["isAutoAddMargin"]), leverage=c["leverage"],
        max_notional=cut(c["maxNotionalValue"])) + "]"


def brackets(message):
    rows = message if isinstance(message, list) else [message]
    return "".join(
        "[" + pairs(symbol=row["symbol"], coefficient=cut(row.get("notionalCoef", 0))) + " "
        + "".join(f"({b['bracket']} {b['initialLeverage']} {cut(b['notionalFloor'])} "
                  f"{cut(b['notionalCap'])} {cut(b['maintMarginRatio'])} {cut(b['cum'])})"
                  for b in row["brackets"]) + "]" for row in rows)


def order_limits(rows):
    per = {(row["interval"], row["intervalNum"]): row["limit"] for row in rows}
    return pairs(per_10s=per.get(("SECOND", 10), 0), per_minute=per.get(("MINUTE", 1), 0))


def premium(p):
    return "[" + pairs(
        symbol=symbol(p["symbol"]), mark=cut(p["markPrice"]), index=cut(p["indexPrice"]),
        rate=cut(p["lastFundingRate"]), next=p["nextFundingTime"], time=p["time"]) + "]"


def mark(m):
    return "[" + pairs(symbol=symbol(m["s"]), price=cut(m["p"]), event_time=m["E"]) + "]"


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


def each(meaning):
    return lambda rows, _: "".join(map(meaning, rows))


def of(meaning):
    return lambda message, _: meaning(message)


# The first pattern that matches a file's name tells how it is read. "unread" are records that
# nothing here needs: no reader of something else may take one for its own.
KINDS = [
    (r".*\.request\.", "unread", lambda m, _: ""),
    (r"wsapi\.", "reply", of(reply)),
    (r"rest\.(all_orders|open_orders|force_orders)", "orders", each(order)),
    (r"rest\.order\.|rest\.open_order\.", "one_order", lambda m, _: order(m) + rest_reply(m)),
    (r"rest\.batch_orders|error\.batch", "batch", each(lambda o: f"[{rest_reply(o)}]")),
    (r"rest\.user_trades", "trades", each(trade)),
    (r"rest\.income", "incomes", each(income)),
    (r"rest\.position_risk", "positions", each(position)),
    (r"rest\.account_config", "config",
     lambda m, _: pairs(hedge=flag(m["dualSidePosition"]), multi_assets=flag(m["multiAssetsMargin"]),
                        can_trade=flag(m["canTrade"]))),
    (r"rest\.account_v2\.position_row", "account_row", of(account_row)),
    (r"rest\.account_v", "account", of(account)),
    (r"rest\.balance_v", "balances", each(balance)),
    (r"rest\.algo_order\.cancel", "algo_cancelled",
     lambda m, _: pairs(algo=m["algoId"], client=m["clientAlgoId"])),
    (r"rest\.algo_order\.", "algo_order", of(algo_order)),
    (r"rest\.(open_algo_orders|all_algo_orders)", "algo_orders", each(algo_order)),
    (r"rest\.symbol_config", "symbol_configs", each(symbol_config)),
    (r"rest\.leverage_bracket", "brackets", of(brackets)),
    (r"rest\.leverage\.", "leverage",
     lambda m, _: pairs(symbol=m["symbol"], leverage=m["leverage"],
                        max_notional=cut(m["maxNotionalValue"]))),
    (r"rest\.position_side_dual\.get", "mode",
     lambda m, _: pairs(hedge=flag(m["dualSidePosition"]))),
    (r"rest\.multi_assets_margin\.get", "multi_assets",
     lambda m, _: pairs(multi_assets=flag(m["multiAssetsMargin"]))),
    (r"rest\.(success_code|margin_type|position_side_dual|all_open_orders|algo_open_orders)",
     "done", lambda m, _: pairs(done=1)),
    (r"rest\.rate_limit_order", "order_limits", of(order_limits)),
    (r"rest\.premium_index", "premium", of(premium)),
    (r"rest\.listen_key", "listen_key", lambda m, _: m.get("listenKey", "malformed")),
    (r"rest\.time", "time", lambda m, _: pairs(time=m["serverTime"])),
    (r"rest\.", "unread", lambda m, _: ""),
    (r"sapi\.", "permissions", of(permissions)),
    (r"exchange_info\.symbol", "exchange_row", lambda m, _: exchange({"symbols": [m]})),
    (r"exchange_info", "exchange", of(exchange)),
    (r"error\.", "error", error),
    (r"stream\.mark_price", "marks", of(mark)),
    (r"", "user", of(user_event)),
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
