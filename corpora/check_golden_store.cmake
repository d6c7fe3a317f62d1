# Whether STORE, a folder, is shown by KVSTORE as STORE.scan says. A file LOCK is made by no reader.
execute_process(COMMAND ${KVSTORE} scan ${STORE} OUTPUT_VARIABLE shown ERROR_VARIABLE said RESULT_VARIABLE code)
file(READ ${STORE}.scan expected)
if(NOT code EQUAL 0 OR NOT shown STREQUAL expected)
  message(FATAL_ERROR "${STORE}: exit code ${code}\n${said}expected:\n${expected}got:\n${shown}")
endif()
