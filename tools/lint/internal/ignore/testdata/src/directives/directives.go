package directives

//lint:ignore nocalls this is complete

/* want "lint:ignore needs the name of a check and a reason" */ //lint:ignore nocalls

// lint:ignore in prose is prose.
