// ccxt, and its WebSocket half, ccxt.pro.
import ccxt from 'ccxt';

const symbol = 'BTC/USDT:USDT';

function exchangeOf(venue, { apiKey, secret }) {
  // Its own limiter would hold orders back; a copy bot switches it off.
  const exchange = new ccxt.pro.binanceusdm({ apiKey, secret, enableRateLimit: false });
  const { api } = exchange.urls;
  for (const name of Object.keys(api))
    if (name.startsWith('fapi')) api[name] = venue.rest + new URL(api[name]).pathname;
  api.ws.future = `${venue.streams}/ws`;
  api.ws['ws-api'].future = venue.wsApi;
  // The list of coins is of another host.
  exchange.options.fetchCurrencies = false;
  return exchange;
}

async function placeOver(venue, follower, markets) {
  const exchange = exchangeOf(venue, follower);
  exchange.setMarkets(markets);
  const create = venue.way === 'rest' ? 'createOrder' : 'createOrderWs';
  const place = (side, quantity) => exchange[create](symbol, 'market', side, quantity);
  return place;
}

export async function connect(venue) {
  const leader = exchangeOf(venue, venue.leader);
  const markets = await leader.loadMarkets();
  const places = await Promise.all(
    venue.followers.map((follower) => placeOver(venue, follower, markets)),
  );
  return {
    places,
    async listen(onFill) {
      let opened;
      const connected = new Promise((done) => (opened = done));
      const onConnected = leader.onConnected.bind(leader);
      leader.onConnected = (client, message) => {
        onConnected(client, message);
        opened();
      };
      const watch = async () => {
        for (;;)
          for (const trade of await leader.watchMyTrades())
            onFill(trade.side, trade.amount);
      };
      leader.newUpdates = true;
      watch().catch((error) => {
        console.error(error);
        process.exit(1);
      });
      await connected;
    },
  };
}
