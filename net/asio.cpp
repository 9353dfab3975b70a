// The one translation unit with the compiled parts of Boost.Asio and Boost.Beast. Every other file
// sees declarations only, which keeps the headers cheap and the code in the binary once.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
