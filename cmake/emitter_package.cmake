# The emitter for strangers: one archive of emitter/cpp and of the few parts of base that it stands
# on, which need OpenSSL and libcurl and nothing else: no Boost, also not behind it. `cmake --install
# build --component emitter` installs it alone.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

file(GLOB emitter_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/emitter/cpp/*.cc)
set(emitter_tests ${emitter_sources})
list(FILTER emitter_sources EXCLUDE REGEX "_test\\.cc$|_fuzz\\.cc$|/testing[^/]*\\.cc$")
list(FILTER emitter_tests INCLUDE REGEX "_test\\.cc$|/testing[^/]*\\.cc$")
foreach(unit canonical crc32 hash id json json_syntax json_write random redact redact_names redact_shapes redact_text text time
             utf8)
  list(APPEND emitter_sources ${CMAKE_SOURCE_DIR}/src/base/${unit}.cc)
endforeach()

add_library(assent-emitter STATIC ${emitter_sources})
target_include_directories(assent-emitter PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/src
  PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>
         $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(assent-emitter PUBLIC cxx_std_20)
target_link_libraries(assent-emitter PRIVATE $<BUILD_INTERFACE:assent_options>
                                     PUBLIC OpenSSL::Crypto CURL::libcurl Threads::Threads)
# Whoever records may be a plug-in.
set_target_properties(assent-emitter PROPERTIES EXPORT_NAME emitter POSITION_INDEPENDENT_CODE ON)

set(emitter_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/assent-emitter)
install(TARGETS assent-emitter EXPORT assent-emitter-targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT emitter)
install(FILES ${CMAKE_SOURCE_DIR}/include/assent/emitter.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/assent COMPONENT emitter)
install(EXPORT assent-emitter-targets NAMESPACE assent:: DESTINATION ${emitter_package_dir}
        COMPONENT emitter)

configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/assent-emitter-config.cmake.in
  ${CMAKE_BINARY_DIR}/generated/assent-emitter-config.cmake
  INSTALL_DESTINATION ${emitter_package_dir})
write_basic_package_version_file(
  ${CMAKE_BINARY_DIR}/generated/assent-emitter-config-version.cmake
  COMPATIBILITY SameMinorVersion)
configure_file(${CMAKE_CURRENT_LIST_DIR}/assent-emitter.pc.in
               ${CMAKE_BINARY_DIR}/generated/assent-emitter.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/generated/assent-emitter-config.cmake
              ${CMAKE_BINARY_DIR}/generated/assent-emitter-config-version.cmake
        DESTINATION ${emitter_package_dir} COMPONENT emitter)
install(FILES ${CMAKE_BINARY_DIR}/generated/assent-emitter.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT emitter)

# find_package(assent COMPONENTS emitter verify): one name for whatever of these is installed.
configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/assent-config.cmake.in
  ${CMAKE_BINARY_DIR}/generated/assent-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/assent)
write_basic_package_version_file(
  ${CMAKE_BINARY_DIR}/generated/assent-config-version.cmake COMPATIBILITY SameMinorVersion)
foreach(component emitter verify)
  install(FILES ${CMAKE_BINARY_DIR}/generated/assent-config.cmake
                ${CMAKE_BINARY_DIR}/generated/assent-config-version.cmake
          DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/assent COMPONENT ${component})
endforeach()

if(ASSENT_TESTS AND emitter_tests)
  assent_test(emitter_test SOURCES ${emitter_tests} DEPENDS assent-emitter assent_base
              LABEL emitter)
  target_include_directories(emitter_test PRIVATE ${CMAKE_SOURCE_DIR})
endif()
add_custom_target(emitter_replays)
file(GLOB emitter_fuzzers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/emitter/cpp/*_fuzz.cc)
foreach(fuzzer ${emitter_fuzzers})
  assent_fuzzer(${fuzzer} assent-emitter emitter)
  get_filename_component(name ${fuzzer} NAME_WE)
  if(TARGET ${name})
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
    target_link_libraries(${name} PRIVATE assent_base)
  endif()
endforeach()

# What the end-to-end tests drive; they build it themselves.
add_executable(emitter_load EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/tests/e2e/emitter_load.cc)
target_link_libraries(emitter_load PRIVATE assent-emitter assent_options)
