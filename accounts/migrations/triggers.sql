-- A role that may not make operators writes into accounts only that their holders left, and deletes
-- factors only of leavers and where two administrators agreed. Workers do both by themselves, long
-- after people decided it. Which role it is, its grants say (core/management/commands/grant_roles.py);
-- to the owner and to web the triggers say nothing.

CREATE FUNCTION guard_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF has_column_privilege('accounts_user', 'is_superuser', 'UPDATE') THEN
        RETURN NEW;
    END IF;
    IF NEW.pseudonymised_at IS NULL OR NEW.is_active
        OR NEW.username <> 'former#' || NEW.id
        OR NEW.email <> 'former-' || NEW.id || '@removed.invalid'
        OR NEW.password NOT LIKE '!%'
    THEN
        RAISE EXCEPTION 'this role changes no account but of somebody who left'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER accounts_user_guarded BEFORE UPDATE ON accounts_user
    FOR EACH ROW EXECUTE FUNCTION guard_account();

CREATE FUNCTION guard_factor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF has_table_privilege('mfa_authenticator', 'INSERT')
        OR EXISTS (
            SELECT FROM accounts_user
            WHERE id = OLD.user_id AND pseudonymised_at IS NOT NULL
        )
        OR EXISTS (
            SELECT FROM accounts_factorreset
            WHERE user_id = OLD.user_id AND confirmed_by_id IS NOT NULL
                AND done_at IS NOT NULL AND due_at > OLD.created_at
        )
    THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'this role deletes no factor of which two administrators did not decide'
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER mfa_authenticator_guarded BEFORE DELETE ON mfa_authenticator
    FOR EACH ROW EXECUTE FUNCTION guard_factor();
