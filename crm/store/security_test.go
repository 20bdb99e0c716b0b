package store_test

import (
	"strings"
	"testing"

	"gendan/crm/store/storetest"
)

// Whatever runs with the owner's rights names where it finds its tables, temporary ones last: else a session's own table
// of the same name would be read in their place. And it is for the application alone.
func TestWhatRunsAsTheOwnerFindsItsOwnTables(t *testing.T) {
	t.Parallel()
	owner := storetest.Owner(t, storetest.New(t))
	rows, err := owner.Query(`
		SELECT p.oid::regprocedure::text, coalesce(array_to_string(p.proconfig, ';'), ''),
			has_function_privilege('public', p.oid, 'EXECUTE'), p.prorettype = 'trigger'::regtype
		FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var name, config string
		var public, trigger bool
		if err := rows.Scan(&name, &config, &public, &trigger); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(config, "search_path=public, pg_temp") {
			t.Errorf("%s finds its tables by %q", name, config)
		}
		if public && !trigger { // a trigger's function cannot be called
			t.Errorf("%s may be called by every role", name)
		}
	}
	if err := rows.Err(); err != nil || n < 20 {
		t.Errorf("%d functions, %v", n, err)
	}
}
