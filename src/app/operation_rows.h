// The rows of the table of operations that have files of their own.
#pragma once

#include "app/operation.h"

#include <vector>

namespace assent::app {

std::vector<Operation> execution_operations();
std::vector<Operation> plan_operations();

}  // namespace assent::app
