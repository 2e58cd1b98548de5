DROP POLICY operate_door ON users;
DROP POLICY operate_door ON tenants;
DROP POLICY operate_door_cancel ON jobs;
DROP POLICY operate_door ON jobs;
DROP TABLE pauses;
