REVOKE UPDATE (tier, requests_per_hour) ON tenants FROM gantry_api;
DROP POLICY operate_door_tier ON tenants;
DROP TRIGGER api_keys_end ON memberships;
DROP FUNCTION revoke_api_keys_of_former_member();
DROP POLICY key_door ON users;
DROP POLICY named_membership ON directory_entries;
DROP TABLE api_keys;
