#include "base/late.h"

#include <dlfcn.h>
#include <string.h>

bool cla_late_load(const char *soname, const char *const *names, size_t count, void *table,
		   struct cla_err *err)
{
	/* never given back: its threads and exit handlers may outlive its last user here */
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	char *at = table;

	if (!library)
		return cla_err_set(err, CLA_ERR_INTERNAL, "loading %s: %s", soname, dlerror());
	for (size_t i = 0; i < count; i++, at += sizeof(void *)) {
		void *symbol = dlsym(library, names[i]);

		if (!symbol) {
			(void)dlclose(library);
			return cla_err_set(err, CLA_ERR_INTERNAL, "%s has no %s", soname, names[i]);
		}
		memcpy(at, &symbol, sizeof(symbol));
	}
	(void)dlclose(library);
	return true;
}
