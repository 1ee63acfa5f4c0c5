// Asio and Beast, compiled once: the other files of this folder see declarations only, which
// halves their compile time. The definitions that say so are in CMakeLists.txt.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
