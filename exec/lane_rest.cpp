// Orders over REST, while the order socket cannot carry them: it is down, or the venue wants
// nothing on it for a time. The same order in the same states, under the same client order id, with
// the same answers; a client order id goes one way only. An answer that is lost leaves the order
// unknown. Cold: this allocates, and a request may need a connection first, which is why one is
// made as soon as the order socket is lost.
#include "exec/order_lane.hpp"
#include "venue/rest_orders.hpp"

namespace copyd::exec {
namespace {

// Nothing of the request has left.
bool was_not_sent(const boost::system::error_code& why) noexcept {
  return why == make_error_code(Errc::not_connected) || why == make_error_code(Errc::tls_untrusted);
}

int count_of(std::optional<std::int64_t> told) noexcept {
  return told && *told >= 0 && *told <= INT32_MAX ? static_cast<int>(*told) : -1;
}

// A gateway's page of its own trouble: whatever it says, it is not the venue's word on the order.
bool is_gateways_page(const net::HttpResponse& answer) noexcept {
  return answer.status >= 500 && answer.body.find('<') != std::string::npos;
}

}  // namespace

OrderLane::Way OrderLane::way_of(const LaneFollower& follower, Mono now) const noexcept {
  if (!follower.link) return Way::none;
  const LaneLink& link = *follower.link;
  const bool stands = link.session.can_send();
  if (stands && !holds_.sockets.holds(now)) return Way::socket;
  if (!stands && !link.session.may_fall_back(now)) return Way::none;
  const bool open =
      !holds_.rest.holds(now) && now >= link.rest_again && link.places_out < places_out_max;
  return open ? Way::rest : Way::none;
}

// As `write`, over REST.
bool OrderLane::send_by_rest(LaneFollower& follower, InflightOrder& order, Mono now) {
  LaneLink& link = *follower.link;
  OrderTerms terms;
  std::string target =
      venue::signed_place_target(request_of(order, terms, now), link.credentials.signer);
  if (target.empty()) return cannot_encode(follower, order, now);
  if (!intend(follower, order, Written::at_once, now)) {
    finish(order, OrderEnd::expired, now);
    return true;
  }
  order.early = order.reduces() && awaits_an_opening(order);
  const PlaceContext context{.follower = follower.id, .request = order.request};
  link.http->request({.method = net::HttpRequest::Method::post,
                      .target = std::move(target),
                      .api_key = std::string(link.credentials.api_key.reveal()),
                      .timeout = answer_max},
                     [this, context](const Result<net::HttpResponse>& answer) {
                       on_place_answer(context, answer);
                     });
  ++link.places_out;
  order.sealed = w_.clock.now();
  left(follower, order, InflightOrder::by_rest);
  w_.cells.sent_by_rest.add();
  if (!follower.by_rest_said)
    notice(Level::warning, follower.id, "orders leave over REST until their connection is back");
  follower.by_rest_said = true;
  return true;
}

void OrderLane::on_place_answer(const PlaceContext& context,
                                const Result<net::HttpResponse>& answer) {
  LaneFollower& follower = follower_at(context.follower);
  if (!follower.link) return;
  LaneLink& link = *follower.link;
  --link.places_out;
  follower.pump = follower.pump || follower.waiting != 0;
  const Mono now = w_.clock.now();
  if (!answer.has_error()) link.rest_backoff.reset();
  InflightOrder* order = inflight_.by_request(context.request);
  if (order == nullptr || order->terms.follower != follower.id) {
    w_.cells.late.add();
    return;
  }
  if (answer.has_error()) {
    if (was_not_sent(answer.error()) && !order->confirmed) take_back(follower, *order, now);
    else make_unknown(*order, now);
    return;
  }
  const auto reply = venue::decode_rest_order(answer->status, answer->body);
  if (reply.has_error()) w_.cells.malformed.add();
  if (reply.has_error() || is_gateways_page(*answer)) {
    make_unknown(*order, now);
    return;
  }
  follower.budget.told(
      {.in_10s = count_of(answer->orders_10s), .in_minute = count_of(answer->orders_1m)}, now);
  answered(follower, *order, *reply, answer->retry_after.value_or(std::chrono::seconds(0)), now);
}

// It never left, so it is what it was before: its client order id may still go any way.
void OrderLane::take_back(LaneFollower& follower, InflightOrder& order, Mono now) noexcept {
  LaneLink& link = *follower.link;
  order.request = 0;
  set_state(follower, order, OrderState::waiting);
  legs_[order.leg].touched = now;
  if (now >= link.rest_again) link.rest_again = now + link.rest_backoff.next();
  follower.pump = true;
}

// Makes the connection that an order would need, before there is one, and keeps it.
void OrderLane::keep_warm(LaneFollower& follower, Mono now) {
  LaneLink& link = *follower.link;
  const LaneSession& session = link.session;
  if (session.orders() == LaneSession::Orders::open) {
    link.warmed = Mono{};
    return;
  }
  const bool due = link.warmed.ns == 0 || now - link.warmed >= warm_period;
  if (!session.announced() || session.refused() || !due || holds_.rest.holds(now)) return;
  link.warmed = now;
  holds_.weight.spend(now, 1);
  link.http->request({.method = net::HttpRequest::Method::get,
                      .target = venue::plain_target(venue::path::time, {}),
                      .api_key = {}},
                     [](const Result<net::HttpResponse>&) {});
}

}  // namespace copyd::exec
