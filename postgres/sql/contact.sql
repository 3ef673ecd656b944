select email, locale, name, time_zone from contacts where user_id = $1
