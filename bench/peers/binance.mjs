// binance, by tiagosiebler.
import { USDMClient, WebsocketAPIClient, WebsocketClient, WS_KEY_MAP } from 'binance';

const symbol = 'BTCUSDT';
const keys = ({ apiKey, secret }) => ({ api_key: apiKey, api_secret: secret });
const quiet = { trace() {}, info() {}, error: (...text) => console.error(...text) };

async function placeOver(venue, follower) {
  if (venue.way === 'rest') {
    const client = new USDMClient({ ...keys(follower), baseUrl: venue.rest });
    return (side, quantity) => client.submitNewOrder({ symbol, side, type: 'MARKET', quantity });
  }
  const client = new WebsocketAPIClient(
    {
      ...keys(follower),
      wsUrl: new URL(venue.rest).origin.replace('https:', 'wss:'),
      attachEventListeners: false,
      muteLatencyWarning: true,
    },
    quiet,
  );
  await client.getWSClient().connectWSAPI(WS_KEY_MAP.usdmWSAPI);
  return (side, quantity) =>
    client.submitNewFuturesOrder('usdm', {
      symbol,
      side,
      type: 'MARKET',
      quantity,
      timestamp: Date.now(),
    });
}

export async function connect(venue) {
  const places = await Promise.all(venue.followers.map((follower) => placeOver(venue, follower)));
  return {
    places,
    async listen(onFill) {
      const client = new WebsocketClient(
        { ...keys(venue.leader), wsUrl: venue.streams, baseUrl: venue.rest },
        quiet,
      );
      const opened = new Promise((done) => client.on('open', done));
      client.on('message', (event) => {
        if (event.e === 'ORDER_TRADE_UPDATE' && event.o.x === 'TRADE')
          onFill(event.o.S, Number(event.o.l));
      });
      await client.subscribeUsdFuturesUserDataStream();
      await opened;
    },
  };
}
