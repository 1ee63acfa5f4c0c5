# The library for strangers: one archive of what verification needs, its one header, and how CMake
# and pkg-config find them. `cmake --install build --component verify` installs these alone.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

add_library(assent-verify STATIC $<TARGET_OBJECTS:assent_base> $<TARGET_OBJECTS:assent_ledger>
                                 $<TARGET_OBJECTS:assent_verify>)
target_include_directories(assent-verify INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>
                                                   $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(assent-verify INTERFACE Boost::json OpenSSL::Crypto ZLIB::ZLIB
                                              LibArchive::LibArchive CURL::libcurl)
set_target_properties(assent-verify PROPERTIES EXPORT_NAME verify LINKER_LANGUAGE CXX)

set(verify_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/assent-verify)
install(TARGETS assent-verify EXPORT assent-verify-targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT verify)
install(FILES ${CMAKE_SOURCE_DIR}/include/assent/verify.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/assent COMPONENT verify)
install(EXPORT assent-verify-targets NAMESPACE assent:: DESTINATION ${verify_package_dir}
        COMPONENT verify)

configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/assent-verify-config.cmake.in
  ${CMAKE_BINARY_DIR}/generated/assent-verify-config.cmake
  INSTALL_DESTINATION ${verify_package_dir})
write_basic_package_version_file(
  ${CMAKE_BINARY_DIR}/generated/assent-verify-config-version.cmake COMPATIBILITY SameMinorVersion)
configure_file(${CMAKE_CURRENT_LIST_DIR}/assent-verify.pc.in
               ${CMAKE_BINARY_DIR}/generated/assent-verify.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/generated/assent-verify-config.cmake
              ${CMAKE_BINARY_DIR}/generated/assent-verify-config-version.cmake
        DESTINATION ${verify_package_dir} COMPONENT verify)
install(FILES ${CMAKE_BINARY_DIR}/generated/assent-verify.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT verify)
