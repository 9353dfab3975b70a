// The cases of the clients that hand out the venue's own JSON. A client's adapter says how each
// request is spelled with it and what its errors are; what must come back is said here, once.
//
// adapter.rest(label, {apiKey?, secret?}?)   REST of that account, maybe with other credentials
// adapter.wsApi(label)                       WebSocket API of that account: place, status, modify, …
// adapter.stream(label)                      its user-data socket: { events, … }
// adapter.isError(error, {code, status})     asserts that it is the client's own error, and which
import { errorCases } from './errors.mjs';
import { orderCases } from './orders.mjs';
import { setupCases } from './setup.mjs';
import { streamCases } from './streams.mjs';
import { tradeCases } from './trades.mjs';
import { wsCases } from './ws_api.mjs';

export function rawCases(adapter, venue) {
  return {
    ...setupCases(adapter),
    ...orderCases(adapter, venue),
    ...tradeCases(adapter, venue),
    ...streamCases(adapter, venue),
    ...wsCases(adapter),
    ...errorCases(adapter, venue),
  };
}
