REVOKE UPDATE (tier, requests_per_hour) ON tenants FROM gantry_api;
DROP POLICY operate_door_tier ON tenants;
DROP POLICY key_door ON users;
DROP TABLE api_keys;
