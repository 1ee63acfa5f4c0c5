// What the tidy test can say of our files, as pure functions from paths and texts to findings.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assent::tidy {

struct Finding {
  std::string path;
  std::size_t line = 0;  // 0: the file as a whole.
  std::string message;   // What is wrong, and what to do instead.
};
using Findings = std::vector<Finding>;

// Everything that can be said of one file alone. `path` is from the root of the repository.
Findings check_file(const std::string& path, const std::string& text);

// How many files a folder has.
Findings check_folders(const std::vector<std::string>& paths);

// A locked migration never changes. `lock` is what sha256sum prints, `files` path -> text.
Findings check_migrations(const std::string& lock, const std::map<std::string, std::string>& files);

bool is_cpp(std::string_view path);

}  // namespace assent::tidy
