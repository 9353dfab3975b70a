// ccxt: what a case reads is what ccxt made of the venue's answers.
import { errorCases } from '../ccxt/errors.mjs';
import { exchangesOf } from '../ccxt/exchange.mjs';
import { orderCases } from '../ccxt/orders.mjs';
import { setupCases } from '../ccxt/setup.mjs';
import { streamCases } from '../ccxt/streams.mjs';
import { tradeCases } from '../ccxt/trades.mjs';
import { wsCases } from '../ccxt/ws_api.mjs';

export function open(venue) {
  const of = exchangesOf(venue);
  return {
    ...setupCases(of),
    ...orderCases(of, venue),
    ...tradeCases(of, venue),
    ...streamCases(of, venue),
    ...wsCases(of),
    ...errorCases(of, venue),
  };
}
