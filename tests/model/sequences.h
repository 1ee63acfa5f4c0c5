// Random commands: the same seed gives the same ones everywhere.
#pragma once

#include "model.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>

namespace assent::model {

// Reproducible everywhere, unlike the standard distributions.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {
    for (Tool& tool : favourites_) tool = any_tool();
    theme_ = below(4);
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }
  bool once_in(std::size_t n) { return below(n) == 0; }
  // Mostly one of two, so that rules, switches and requests of a sequence meet.
  Tool tool() { return once_in(6) ? any_tool() : favourites_.at(below(2)); }
  std::size_t theme() const { return theme_; }

 private:
  Tool any_tool() { return static_cast<Tool>(below(kToolCount)); }

  std::mt19937_64 engine_;
  std::array<Tool, 2> favourites_{};
  std::size_t theme_ = 0;
};

// A command that can be said of the world as the model knows it.
Command command_of(Dice& dice, const Model& model);

}  // namespace assent::model
