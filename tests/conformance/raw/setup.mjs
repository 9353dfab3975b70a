// Contracts, accounts, and what they are set to.
import { dec, equal, has, kind, matches, ok, pattern } from '../check.mjs';
import { done, marketOrder, symbol } from '../orders.mjs';

export function setupCases({ rest }) {
  return {
    async 'exchange-info'() {
      const info = await rest('main').exchangeInfo();
      matches(info, { timezone: 'UTC', futuresType: 'U_MARGINED' }, 'exchangeInfo');
      ok(info.symbols.length > 600, `exchangeInfo has ${info.symbols.length} symbols`);
      matches(
        Object.fromEntries(
          info.rateLimits.map((one) => [
            `${one.rateLimitType} ${one.intervalNum} ${one.interval}`,
            one.limit,
          ]),
        ),
        { 'REQUEST_WEIGHT 1 MINUTE': 2400, 'ORDERS 1 MINUTE': 1200, 'ORDERS 10 SECOND': 300 },
        'rateLimits',
      );
      const btc = info.symbols.find((one) => one.symbol === symbol);
      matches(
        btc,
        {
          status: 'TRADING',
          contractType: 'PERPETUAL',
          quoteAsset: 'USDT',
          marginAsset: 'USDT',
          pricePrecision: 2,
        },
        symbol,
      );
      const filters = Object.fromEntries(btc.filters.map((one) => [one.filterType, one]));
      matches(
        filters,
        {
          PRICE_FILTER: { tickSize: dec('0.1'), minPrice: dec('556.8') },
          LOT_SIZE: { stepSize: dec('0.001'), minQty: dec('0.001'), maxQty: dec(1000) },
          MARKET_LOT_SIZE: { maxQty: dec(120) },
          MIN_NOTIONAL: { notional: dec(50) },
          PERCENT_PRICE: { multiplierUp: dec('1.05'), multiplierDown: dec('0.95') },
          MAX_NUM_ORDERS: { limit: 200 },
        },
        'filters',
      );
    },
    async 'server-time'() {
      const before = Date.now();
      const { serverTime } = await rest('main').time();
      ok(
        serverTime >= before - 1000 && serverTime <= Date.now() + 1000,
        `serverTime is ${serverTime}`,
      );
    },
    async account() {
      const account = await rest('main').account();
      const money = {
        totalWalletBalance: dec(100000),
        availableBalance: dec(100000),
        totalUnrealizedProfit: dec(0),
      };
      matches(
        account,
        { ...money, totalMarginBalance: dec(100000), totalInitialMargin: dec(0) },
        'account',
      );
      const usdt = account.assets.find((one) => one.asset === 'USDT');
      matches(
        usdt,
        { walletBalance: dec(100000), marginBalance: dec(100000), crossUnPnl: dec(0) },
        'USDT',
      );
      equal(account.positions.length, 0, 'positions of a flat account');
    },
    async balance() {
      const balances = await rest('main').balance();
      const usdt = balances.find((one) => one.asset === 'USDT');
      matches(
        usdt,
        {
          balance: dec(100000),
          crossWalletBalance: dec(100000),
          availableBalance: dec(100000),
          marginAvailable: true,
        },
        'USDT',
      );
      has(usdt, ['accountAlias', 'crossUnPnl', 'maxWithdrawAmount', 'updateTime'], 'USDT');
    },
    async 'account-config'() {
      matches(
        await rest('main').accountConfig(),
        {
          canTrade: true,
          dualSidePosition: false,
          multiAssetsMargin: false,
          feeTier: 0,
          tradeGroupId: -1,
        },
        'accountConfig',
      );
      equal(
        (await rest('hedge').accountConfig()).dualSidePosition,
        true,
        'dualSidePosition of a hedge account',
      );
    },
    async 'symbol-config'() {
      const [row, ...others] = await rest('main').symbolConfig({ symbol });
      equal(others.length, 0, 'other rows');
      matches(
        row,
        {
          symbol,
          marginType: 'CROSSED',
          leverage: 20,
          isAutoAddMargin: false,
          maxNotionalValue: kind('string'),
        },
        'symbolConfig',
      );
    },
    async 'mode-read'() {
      equal((await rest('main').mode()).dualSidePosition, false, 'one-way');
      equal((await rest('hedge').mode()).dualSidePosition, true, 'hedge');
    },
    async 'mode-change'() {
      const modes = rest('modes');
      for (const dual of [true, false]) {
        matches(await modes.setMode(String(dual)), done, `set to ${dual}`);
        equal((await modes.mode()).dualSidePosition, dual, 'position mode');
        equal((await modes.accountConfig()).dualSidePosition, dual, 'accountConfig');
      }
    },
    async leverage() {
      const account = rest('leverage');
      const set = await account.setLeverage({ symbol: 'ETHUSDT', leverage: 10 });
      matches(
        set,
        { symbol: 'ETHUSDT', leverage: 10, maxNotionalValue: pattern(/^\d+$/) },
        'leverage',
      );
      const [row] = await account.symbolConfig({ symbol: 'ETHUSDT' });
      matches(row, { leverage: 10, maxNotionalValue: set.maxNotionalValue }, 'symbolConfig');
      // 0.2 ETH at 3,000 is 600: a tenth of it is the margin.
      await account.place(marketOrder({ symbol: 'ETHUSDT', quantity: '0.2' }));
      const [position] = await account.positions({ symbol: 'ETHUSDT' });
      matches(position, { notional: dec(600), initialMargin: dec(60) }, 'position');
      await account.place(marketOrder({ symbol: 'ETHUSDT', side: 'SELL', quantity: '0.2' }));
    },
    async 'leverage-brackets'() {
      const answer = await rest('main').brackets({ symbol });
      const { brackets, ...one } = Array.isArray(answer) ? answer[0] : answer;
      equal(one.symbol, symbol, 'symbol');
      matches(
        brackets[0],
        { bracket: 1, initialLeverage: 125, notionalFloor: 0, cum: 0 },
        'first bracket',
      );
      for (let i = 1; i < brackets.length; ++i) {
        equal(brackets[i].notionalFloor, brackets[i - 1].notionalCap, `floor of bracket ${i + 1}`);
        ok(
          brackets[i].initialLeverage < brackets[i - 1].initialLeverage,
          `leverage of bracket ${i + 1}`,
        );
      }
    },
    async 'margin-type'() {
      const account = rest('leverage');
      for (const marginType of ['ISOLATED', 'CROSSED']) {
        matches(await account.setMarginType({ symbol: 'SOLUSDT', marginType }), done, marginType);
        const [row] = await account.symbolConfig({ symbol: 'SOLUSDT' });
        equal(row.marginType, marginType, 'symbolConfig');
      }
    },
  };
}
