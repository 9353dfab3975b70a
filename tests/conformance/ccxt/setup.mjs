// Contracts, accounts, and what they are set to.
import { dec, equal, matches, ok } from '../check.mjs';
import { symbol, id } from './exchange.mjs';

export function setupCases(of) {
  return {
    async 'exchange-info'() {
      const markets = await of('main').loadMarkets();
      ok(Object.keys(markets).length > 600, 'more than 600 markets');
      matches(
        markets[symbol],
        {
          id,
          swap: true,
          linear: true,
          contract: true,
          active: true,
          settle: 'USDT',
          contractSize: 1,
          precision: { price: 0.1, amount: 0.001 },
          limits: {
            amount: { min: 0.001, max: 1000 },
            cost: { min: 50 },
            market: { max: 120 },
            price: { min: 556.8 },
          },
        },
        symbol,
      );
      const old = markets['OLD/USDT:USDT'];
      equal(old.active, false, 'a symbol that is settling');
    },
    async 'server-time'() {
      const time = await of('main').fetchTime();
      ok(Math.abs(time - Date.now()) < 1000, `time is ${time}`);
    },
    async account() {
      const account = await of('main').fapiPrivateV3GetAccount();
      matches(
        account,
        {
          totalWalletBalance: dec(100000),
          availableBalance: dec(100000),
          totalInitialMargin: dec(0),
        },
        'account',
      );
    },
    async balance() {
      const balance = await of('main').fetchBalance();
      matches(balance.USDT, { total: 100000, free: 100000, used: 0 }, 'USDT');
    },
    async 'account-config'() {
      matches(
        await of('main').fapiPrivateGetAccountConfig(),
        { canTrade: true, dualSidePosition: false, multiAssetsMargin: false },
        'accountConfig',
      );
    },
    async 'symbol-config'() {
      const modes = await of('main').fetchMarginModes([symbol]);
      matches(modes[symbol], { marginMode: 'cross' }, 'margin mode');
      matches(
        await of('main').fetchLeverage(symbol),
        { longLeverage: 20, shortLeverage: 20, marginMode: 'cross' },
        'leverage',
      );
    },
    async 'mode-read'() {
      for (const label of ['main', 'hedge']) await of(label).loadMarkets();
      equal((await of('main').fetchPositionMode(symbol)).hedged, false, 'one-way');
      equal((await of('hedge').fetchPositionMode(symbol)).hedged, true, 'hedge');
    },
    async 'mode-change'() {
      const modes = of('modes');
      await modes.loadMarkets();
      for (const hedged of [true, false]) {
        matches(
          await modes.setPositionMode(hedged, symbol),
          { code: dec(200), msg: 'success' },
          `set to ${hedged}`,
        );
        equal((await modes.fetchPositionMode(symbol)).hedged, hedged, 'position mode');
      }
    },
    async leverage() {
      const eth = 'ETH/USDT:USDT';
      matches(
        await of('leverage').setLeverage(10, eth),
        { leverage: dec(10), symbol: 'ETHUSDT' },
        'answer',
      );
      matches(
        await of('leverage').fetchLeverage(eth),
        { longLeverage: 10, shortLeverage: 10 },
        'leverage',
      );
    },
    async 'leverage-brackets'() {
      const tiers = (await of('main').fetchLeverageTiers([symbol]))[symbol];
      matches(
        tiers[0],
        { tier: 1, minNotional: 0, maxLeverage: 125, currency: 'USDT' },
        'first tier',
      );
      for (let i = 1; i < tiers.length; ++i)
        equal(tiers[i].minNotional, tiers[i - 1].maxNotional, `tier ${i + 1}`);
    },
    async 'margin-type'() {
      const sol = 'SOL/USDT:USDT';
      for (const [mode, marginMode] of [
        ['isolated', 'isolated'],
        ['cross', 'cross'],
      ]) {
        matches(
          await of('leverage').setMarginMode(mode, sol),
          { code: dec(200), msg: 'success' },
          mode,
        );
        equal((await of('leverage').fetchMarginMode(sol)).marginMode, marginMode, 'margin mode');
      }
    },
  };
}
