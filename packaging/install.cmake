# What `make install` puts where: DESTDIR=… PREFIX=…. The package is made from the same rules.
include(GNUInstallDirs)

install(TARGETS copyd copyctl venue-sim RUNTIME)
set(manual ${CMAKE_BINARY_DIR}/manual)
install(FILES ${manual}/copyctl.1 ${manual}/venue-sim.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${manual}/copyd.toml.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES ${manual}/copyd.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
foreach(program copyd copyctl venue-sim)
  install(FILES ${manual}/bash/${program}
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${manual}/zsh/_${program}
    DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
  install(FILES ${manual}/fish/${program}.fish
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endforeach()

install(FILES systemd/copyd.sysusers DESTINATION lib/sysusers.d RENAME copyd.conf)
install(FILES systemd/copyd.tmpfiles DESTINATION lib/tmpfiles.d RENAME copyd.conf)
install(FILES README.md docs/ALERTS.md docs/CONFIG.md docs/CONNECT.md docs/HISTORY.md docs/JOURNAL.md
  docs/OPERATIONS.md docs/RELIABILITY.md
  DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES config/example.toml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples RENAME copyd.toml)
install(DIRECTORY monitoring/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples/monitoring)

# The prefix is known when it is installed. A configuration that is there already is the user's.
install(CODE "set(source \"${CMAKE_SOURCE_DIR}\")")
install(CODE [[
  set(root "$ENV{DESTDIR}")
  file(READ "${source}/systemd/copyd.service" unit)
  string(REPLACE "/usr/bin/" "${CMAKE_INSTALL_PREFIX}/bin/" unit "${unit}")
  string(REPLACE "/usr/share/" "${CMAKE_INSTALL_PREFIX}/share/" unit "${unit}")
  file(WRITE "${root}${CMAKE_INSTALL_PREFIX}/lib/systemd/system/copyd.service" "${unit}")
  message(STATUS "Installing: ${root}${CMAKE_INSTALL_PREFIX}/lib/systemd/system/copyd.service")
  if(NOT EXISTS "${root}/etc/copyd/copyd.toml")
    # It puts DESTDIR in front by itself.
    file(INSTALL "${source}/config/example.toml" DESTINATION "/etc/copyd" RENAME copyd.toml)
  endif()
]])
