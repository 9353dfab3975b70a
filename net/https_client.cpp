#include "net/https_client.hpp"

#include <array>
#include <chrono>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "net/http_exchange.hpp"
#include "net/tls_stream.hpp"
#include "net/url.hpp"

namespace copyd::net {
namespace {

using boost::system::error_code;

constexpr std::size_t connections_max = 4;
constexpr std::size_t read_room = 16U << 10U;  // one TLS record
constexpr int reads_per_poll = 64;
// Common proxies drop silently after a minute; a connection is left before that.
constexpr std::chrono::seconds idle_max{50};
constexpr std::chrono::seconds idle_check_period{1};

struct Job {
  HttpRequest request;
  Http::Handler handler;
};

// One connection and the exchange it is busy with.
class Connection {
 public:
  Connection(boost::asio::io_context& io, TlsContext& tls, const Clock& clock, const Url& origin)
      : origin_(origin),
        stream_(io, tls, clock),
        read_(std::make_unique_for_overwrite<char[]>(read_room)) {}

  bool is_free() const noexcept { return !job_; }
  bool is_kept_alive() const noexcept { return !job_ && stream_.is_open(); }

  void begin(Job job, Mono now);
  // Moves on. The outcome of the exchange, once.
  std::optional<Result<HttpResponse>> poll(Mono now);
  Http::Handler release() { return std::exchange(job_, std::nullopt)->handler; }
  // Closes a kept connection that the peer has ended, or that is too old.
  void check_idle(Mono now);

 private:
  void connect();
  Result<Progress> move_on(Mono now);
  Result<Progress> read_answer();
  bool try_again(error_code why);
  error_code judge(error_code why) const noexcept;

  const Url& origin_;
  TlsStream stream_;
  std::unique_ptr<char[]> read_;
  std::optional<Job> job_;
  std::optional<HttpAnswer> answer_;
  Mono deadline_;
  Mono idle_since_;
  Mono next_idle_check_;
  bool reused_ = false;    // the stream carried an exchange before
  bool sent_ = false;      // some of the request may have left
  bool answered_ = false;  // some of an answer came
};

void Connection::connect() {
  reused_ = false;
  stream_.open(origin_);
}

void Connection::begin(Job job, Mono now) {
  job_.emplace(std::move(job));
  deadline_ = now + job_->request.timeout;
  answer_.emplace(http_body_max);
  sent_ = false;
  answered_ = false;
  reused_ = true;
  check_idle(now);
  if (!stream_.is_open()) connect();
}

void Connection::check_idle(Mono now) {
  if (!stream_.is_open()) return;
  next_idle_check_ = now + idle_check_period;
  // Nothing may come unasked: bytes, an end and an error all say that it is over.
  const auto size = stream_.read(read_.get(), read_room);
  if (size.has_error() || *size > 0 || now - idle_since_ >= idle_max) stream_.close();
}

std::optional<Result<HttpResponse>> Connection::poll(Mono now) {
  if (!job_) {
    if (now >= next_idle_check_) check_idle(now);
    return std::nullopt;
  }
  auto whole = move_on(now);
  if (whole.has_error() && try_again(whole.error())) whole = move_on(now);
  if (!whole.has_error() && *whole == Progress::pending) {
    if (now < deadline_) return std::nullopt;
    whole = make_error_code(Errc::timeout);
  }
  if (whole.has_error()) {
    stream_.close();
    return Result<HttpResponse>(judge(whole.error()));
  }
  idle_since_ = now;
  next_idle_check_ = now + idle_check_period;
  const bool keep = answer_->keeps_alive();
  auto response = answer_->take();
  answer_.reset();
  if (!keep) stream_.close();
  return Result<HttpResponse>(std::move(response));
}

Result<Progress> Connection::move_on(Mono now) {
  if (TRY(stream_.connect(now)) == Progress::pending) return Progress::pending;
  if (!sent_) {
    const auto text = http_request_text(origin_, job_->request);
    if (!text) return make_error_code(Errc::not_connected);
    TRY(stream_.write(*text));
    sent_ = true;
  }
  if (!stream_.is_flushed()) stream_.flush();
  return read_answer();
}

Result<Progress> Connection::read_answer() {
  for (int reads = 0; reads < reads_per_poll; ++reads) {
    const auto size = stream_.read(read_.get(), read_room);
    if (size.has_error()) {
      // An answer may end with the stream, but only where nobody could have cut it.
      if (stream_.ended_cleanly() && answer_->end()) return Progress::done;
      return size.error();
    }
    if (*size == 0) return Progress::pending;
    answered_ = true;
    if (TRY(answer_->feed({read_.get(), *size})) == Progress::done) return Progress::done;
  }
  return Progress::pending;
}

// The server may close a kept connection just as a request leaves. A GET changes nothing, so it is
// tried once on a new connection; anything else might be carried out twice.
bool Connection::try_again(error_code why) {
  const bool stale =
      reused_ && !answered_ &&
      (why == make_error_code(Errc::closed) || why == make_error_code(Errc::not_connected));
  if (!stale || job_->request.method != HttpRequest::Method::get) return false;
  answer_.emplace(http_body_max);
  sent_ = false;
  connect();
  return true;
}

// What was not sent is not_connected, except that distrust is worth telling: it is no accident.
// What may have been sent is neither, whatever ended it: an order is sent again on the strength of
// those.
error_code Connection::judge(error_code why) const noexcept {
  const bool untrusted = why == make_error_code(Errc::tls_untrusted);
  if (!sent_) return untrusted ? why : make_error_code(Errc::not_connected);
  return untrusted || why == make_error_code(Errc::not_connected) ? make_error_code(Errc::closed)
                                                                  : why;
}

class HttpsClient final : public Http {
 public:
  HttpsClient(boost::asio::io_context& io, TlsContext& tls, const Clock& clock,
              const std::string& origin)
      : io_(io), tls_(tls), clock_(clock), origin_(Url::parse(origin, "https")) {
    if (origin_ && origin_->path != "/") origin_.reset();
  }

  void request(HttpRequest request, Handler handler) override {
    queue_.push_back({std::move(request), std::move(handler)});
  }
  int poll(Mono now) override;

 private:
  struct Outcome {
    Handler handler;
    Result<HttpResponse> result;
  };

  Connection* free_connection();
  int dispatch(Mono now);
  void collect(Mono now, std::vector<Outcome>& outcomes);

  boost::asio::io_context& io_;
  TlsContext& tls_;
  const Clock& clock_;
  std::optional<Url> origin_;
  std::deque<Job> queue_;
  std::vector<std::unique_ptr<Connection>> connections_;
};

int HttpsClient::poll(Mono now) {
  std::vector<Outcome> outcomes;
  int work = 0;
  if (!origin_) {
    for (auto& job : queue_)
      outcomes.push_back({std::move(job.handler), make_error_code(Errc::not_connected)});
    queue_.clear();
  } else {
    work += dispatch(now);
    collect(now, outcomes);
    // What became free takes up what waits at once.
    if (!outcomes.empty()) work += dispatch(now);
  }
  work += static_cast<int>(outcomes.size());
  // Last, and without a look at our members: a handler may make requests, or destroy this.
  for (auto& outcome : outcomes) outcome.handler(std::move(outcome.result));
  return work;
}

// A kept connection first, an unconnected one next, a new one last.
Connection* HttpsClient::free_connection() {
  Connection* free = nullptr;
  for (const auto& connection : connections_) {
    if (connection->is_kept_alive()) return connection.get();
    if (connection->is_free()) free = connection.get();
  }
  if (free != nullptr || connections_.size() == connections_max) return free;
  connections_.push_back(std::make_unique<Connection>(io_, tls_, clock_, *origin_));
  return connections_.back().get();
}

int HttpsClient::dispatch(Mono now) {
  int begun = 0;
  while (!queue_.empty()) {
    Connection* connection = free_connection();
    if (connection == nullptr) break;
    connection->begin(std::move(queue_.front()), now);
    queue_.pop_front();
    ++begun;
  }
  return begun;
}

void HttpsClient::collect(Mono now, std::vector<Outcome>& outcomes) {
  for (const auto& connection : connections_) {
    auto result = connection->poll(now);
    if (result) outcomes.push_back({connection->release(), std::move(*result)});
  }
}

}  // namespace

std::unique_ptr<Http> make_https_client(boost::asio::io_context& io, TlsContext& tls,
                                        const Clock& clock, const std::string& origin) {
  return std::make_unique<HttpsClient>(io, tls, clock, origin);
}

}  // namespace copyd::net
