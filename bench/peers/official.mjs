// @binance/derivatives-trading-usds-futures, the venue's own connector.
import { DerivativesTradingUsdsFutures } from '@binance/derivatives-trading-usds-futures';

const symbol = 'BTCUSDT';
const keys = ({ apiKey, secret }) => ({ apiKey, apiSecret: secret });

async function placeOver(venue, follower) {
  if (venue.way === 'rest') {
    const { restAPI } = new DerivativesTradingUsdsFutures({
      configurationRestAPI: { ...keys(follower), basePath: venue.rest },
    });
    return (side, quantity) => restAPI.newOrder({ symbol, side, type: 'MARKET', quantity });
  }
  const { websocketAPI } = new DerivativesTradingUsdsFutures({
    configurationWebsocketAPI: { ...keys(follower), wsURL: venue.wsApi },
  });
  const connection = await websocketAPI.connect();
  return (side, quantity) => connection.newOrder({ symbol, side, type: 'MARKET', quantity });
}

export async function connect(venue) {
  const places = await Promise.all(venue.followers.map((follower) => placeOver(venue, follower)));
  return {
    places,
    async listen(onFill) {
      const { restAPI, websocketStreams } = new DerivativesTradingUsdsFutures({
        configurationRestAPI: { ...keys(venue.leader), basePath: venue.rest },
        configurationWebsocketStreams: { wsURL: venue.streams },
      });
      const { listenKey } = await (await restAPI.startUserDataStream()).data();
      const connection = await websocketStreams.connect();
      const subscribed = new Promise((done) =>
        connection.on('message', (text) => text.includes('"result"') && done()),
      );
      connection.userData(listenKey).on('message', (event) => {
        if (event.e === 'ORDER_TRADE_UPDATE' && event.o.x === 'TRADE')
          onFill(event.o.S, Number(event.o.l));
      });
      await subscribed;
    },
  };
}
